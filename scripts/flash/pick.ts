/** Which board is meant. */
import { loadBoards, type Board } from "../board/board.js";
import { StepError } from "./failure.js";

/** A board that can be flashed: one with firmware. */
export type Flashable = Board & { readonly entry: string };

/**
 * The board called `name`, with or without `nightlight_` before it; without a name the first, that of `src/main.ts`.
 * @throws StepError that lists those that there are
 */
export async function pickBoard(root: string, name?: string): Promise<Flashable> {
  const boards = (await loadBoards(root)).filter((board): board is Flashable => board.entry !== undefined);
  const found =
    name === undefined ? boards[0] : boards.find((board) => [name, `nightlight_${name}`].includes(board.name));
  if (found) return found;
  throw new StepError("the board", `There is no board called ${name}.${listBoards(boards)}`, "Name one of these: --board. docs/how-to/add-a-board.md says how to add one."); // prettier-ignore
}

/** The boards that have this chip. */
export async function boardsWith(root: string, arch: string): Promise<string> {
  const boards = (await loadBoards(root)).filter(({ file, entry }) => entry && file.archId === arch);
  return boards.length === 0 ? " A nightlight does not run on it." : listBoards(boards);
}

const listBoards = (boards: readonly Board[]): string =>
  ` There are:${boards.map(({ name, title }) => `\n    --board ${name.replace(/^nightlight_/, "")}  (${title})`).join("")}`;
