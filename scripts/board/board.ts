/** The boards of a repository: `boards/*.board.json`, each with its entry `src/main*.ts` and its picture in `docs/boards/`. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { CHIPS, type Chip } from "./chips.js";
import type { Layout } from "./layout.js";

export const PREFIX = "nightlight_";

/** What DeviceScript's compiler reads: the fields that matter here. */
export interface BoardFile {
  readonly archId: string;
  readonly devName: string;
  /** DeviceScript's number for this kind of board, `0x3…`. */
  readonly productId: string;
  readonly url?: string;
  /** GPIO numbers by label. */
  readonly pins: Readonly<Record<string, number>>;
  readonly $services: readonly Service[];
  /** Pins that the board itself holds at a level, by label. */
  readonly sPin?: Readonly<Record<string, number>>;
  readonly [other: string]: unknown;
}

export interface Service {
  readonly service: string;
  readonly name: string;
  readonly pin: string | number;
}

/** What is wired to a board, as `$services` names it. */
export type Role = "light" | "lamp";

/** What `board.startLight()` and `board.startLamp()` need, by the name of the service. */
export const SERVICES: Readonly<Record<Role, string>> = { light: "analog:lightLevel", lamp: "lightBulb" };

export interface Board {
  /** The name of its file, without `.board.json`; what the firmware says on `status`. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  readonly file: BoardFile;
  /** The firmware's entry, such as `main`; undefined when no entry binds it. */
  readonly entry: string | undefined;
  /** What it looks like; undefined when nobody has described that. */
  readonly layout: Layout | undefined;
}

/** The title that people see, out of DeviceScript's. */
export const titleOf = (file: Pick<BoardFile, "devName">): string => file.devName.replace(/^Nightlight on /, "");

/** The label of the pin for a role; undefined when the board has no such service. */
export function pinOf(file: BoardFile, role: Role): string | undefined {
  const found = file.$services.find(({ name, service }) => name === role && service === SERVICES[role]);
  return found && String(found.pin);
}

/**
 * The chip of a board.
 * @throws Error when it is none that a nightlight runs on
 */
export function chipOf({ archId }: Pick<BoardFile, "archId">): Chip {
  const chip = CHIPS[archId];
  if (chip) return chip;
  const known = Object.entries(CHIPS).map(([id, { name }]) => `${name} (${id})`);
  throw new Error(`A nightlight does not run on "${archId}": it needs Wi-Fi and DeviceScript's sockets, as ${listed(known, "and")} have them.`); // prettier-ignore
}

/** `a, b or c`. */
export function listed(words: readonly string[], last: "and" | "or"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

/**
 * All boards, the one of `src/main.ts` first, the others by title.
 * @throws Error that names the file that cannot be read
 */
export async function loadBoards(root: string): Promise<Board[]> {
  const entries = await entriesByBoard(root);
  const files = (await readdir(path.join(root, "boards"))).filter((name) => name.endsWith(".board.json"));
  const boards = await Promise.all(
    files.map(async (name): Promise<Board> => {
      const id = name.slice(0, -".board.json".length);
      const file = await readJson<BoardFile>(root, `boards/${name}`);
      const layout = await readJson<Layout>(root, layoutPath(id)).catch(ifMissing);
      return { name: id, title: titleOf(file), file, entry: entries.get(id), layout };
    }),
  );
  const rank = (board: Board) => (board.entry === "main" ? 0 : 1);
  return boards.sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title, "en"));
}

export const boardPath = (name: string): string => `boards/${name}.board.json`;
export const layoutPath = (name: string): string => `docs/boards/${name}.json`;
export const drawingPath = (name: string): string => `docs/boards/${name}.svg`;

/** Which entry binds which board. */
async function entriesByBoard(root: string): Promise<Map<string, string>> {
  const names = (await readdir(path.join(root, "src"))).filter((name) => /^main\w*\.ts$/.test(name));
  const pairs = names.map(async (name): Promise<[string, string]> => {
    const text = await readFile(path.join(root, "src", name), "utf8");
    return [/"@dsboard\/(\w+)"/.exec(text)?.[1] ?? "", name.slice(0, -".ts".length)];
  });
  return new Map(await Promise.all(pairs));
}

async function readJson<T>(root: string, name: string): Promise<T> {
  const text = await readFile(path.join(root, name), "utf8");
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Error(`${name} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
