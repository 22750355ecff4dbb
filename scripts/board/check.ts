/** Whether all boards are as they have to be. */
import { boardPath, chipOf, layoutPath, PREFIX, type Board } from "./board.js";
import { layoutProblems } from "./layout.js";
import { generate, outdated } from "./pages.js";
import { pinProblems } from "./pins.js";

/** All that is wrong with a board itself. */
export function boardProblems(board: Board, boards: readonly Board[]): string[] {
  const { name, file, entry, layout } = board;
  try {
    chipOf(file);
  } catch (error) {
    return [(error as Error).message];
  }
  const problems = pinProblems(file);
  if (!name.startsWith(PREFIX)) problems.push(`Its file has to be called ${boardPath(PREFIX + name)}.`);
  const twin = boards.find((other) => other.name !== name && Number(other.file.productId) === Number(file.productId));
  if (twin)
    problems.push(`Its productId ${file.productId} is that of ${twin.name} as well: by it they are told apart.`);
  if (entry === undefined) problems.push(`No src/main*.ts binds it, so that it has no firmware.`);
  if (!layout) problems.push(`There is no ${layoutPath(name)} that says what it looks like.`);
  return layout && problems.length === 0
    ? layoutProblems(layout, file).map((problem) => `${layoutPath(name)}: ${problem}`)
    : problems;
}

/** All that is wrong, by the board's name; what is not of one board by the file's. */
export async function check(root: string, boards: readonly Board[]): Promise<Map<string, string[]>> {
  const found = new Map(boards.map((board) => [board.name, boardProblems(board, boards)]));
  if ([...found.values()].some((problems) => problems.length > 0)) return found;
  for (const file of await outdated(root, await generate(root, boards)))
    found.set(file, ["It is out of date: npm run board -- draw writes it anew."]);
  return found;
}
