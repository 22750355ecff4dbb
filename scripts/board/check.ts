/** Checks all boards: their pins, firmware, wiring sections and drawings, and the table in `docs/reference/hardware.md`. */
import { findOutdated } from "../lib/generated-files.js";
import { boardPathOf, chipOf, BOARD_PREFIX, type Board } from "./board.js";
import { findDocumentationProblems, createHardwarePage, HARDWARE_PAGE } from "./hardware-page.js";
import { findPinProblems } from "./pins.js";

/** Checks all boards. Maps the name of each faulty board, and the path of each outdated file, to sentences about problems. */
export async function checkBoards(root: string, boards: readonly Board[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const board of boards) {
    const problems = findBoardProblems(board, boards);
    found.set(board.name, problems.length > 0 ? problems : await findDocumentationProblems(root, board));
  }
  if ([...found.values()].some((problems) => problems.length > 0)) return found;
  const files = new Map([[HARDWARE_PAGE, await createHardwarePage(root, boards)]]);
  for (const file of await findOutdated(root, files))
    found.set(file, ["Its table of boards is out of date: run npm run docs."]);
  return found;
}

function findBoardProblems(board: Board, boards: readonly Board[]): string[] {
  const { name, file, entry } = board;
  try {
    chipOf(file);
  } catch (error) {
    return [(error as Error).message];
  }
  const problems = findPinProblems(file);
  if (!name.startsWith(BOARD_PREFIX)) problems.push(`Rename its file to ${boardPathOf(BOARD_PREFIX + name)}.`);
  const duplicate = boards.find(
    (other) => other.name !== name && Number(other.file.productId) === Number(file.productId),
  );
  if (duplicate) problems.push(`${duplicate.name} has the same productId, ${file.productId}: give each board its own.`);
  if (entry === undefined) problems.push(`It has no firmware: no src/main*.ts imports @dsboard/${name}.`);
  return problems;
}
