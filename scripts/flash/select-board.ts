/** Picks the board to flash by its name. */
import { loadBoards, type Board } from "../board/board.js";
import { StepError } from "../../flashing/step-error.js";

/** A board whose firmware can be built, because the board has an entry file. */
export type FlashableBoard = Board & { readonly entry: string };

/**
 * Finds the board with this name, with or without `nightlight_`; without a name, the board of `src/main.ts`.
 * @throws StepError that lists all boards when no board has this name
 */
export async function selectBoard(root: string, name?: string): Promise<FlashableBoard> {
  const boards = (await loadBoards(root)).filter((board): board is FlashableBoard => board.entry !== undefined);
  const found =
    name === undefined ? boards[0] : boards.find((board) => [name, `nightlight_${name}`].includes(board.name));
  if (found) return found;
  throw new StepError("the board", `There is no board called ${name}.${listBoards(boards)}`, "Name one of these with --board. docs/how-to/add-a-board.md says how to add one."); // prettier-ignore
}

/** Lists the boards with this chip, as a sentence. */
export async function listBoardsWithChip(root: string, arch: string): Promise<string> {
  const boards = (await loadBoards(root)).filter(({ file, entry }) => entry && file.archId === arch);
  return boards.length === 0 ? " No supported board has this chip." : listBoards(boards);
}

const listBoards = (boards: readonly Board[]): string =>
  ` There are:${boards.map(({ name, title }) => `\n    --board ${name.replace(/^nightlight_/, "")}  (${title})`).join("")}`;
