/** Reads the supported boards: `boards/*.board.json`, each with its firmware's entry file `src/main*.ts`. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { CHIPS, type Chip } from "./chips.js";

/** The prefix of the names of this project's boards, such as `nightlight_xiao_esp32c3`. */
export const BOARD_PREFIX = "nightlight_";

/** The fields of a DeviceScript board file that the scripts use. */
export interface BoardFile {
  /** DeviceScript's name of the chip, such as `esp32c3`. */
  readonly archId: string;
  readonly devName: string;
  /** DeviceScript's number for this kind of board, as hexadecimal text that begins with `0x3`. */
  readonly productId: string;
  readonly url?: string;
  /** Maps the label of each pin to the pin's GPIO number. */
  readonly pins: Readonly<Record<string, number>>;
  readonly $services: readonly Service[];
  /** Levels of the pins that DeviceScript drives when the board starts, by label. */
  readonly sPin?: Readonly<Record<string, number>>;
  readonly [other: string]: unknown;
}

/** A Jacdac service of a board: a sensor or an actuator on a pin. */
export interface Service {
  readonly service: string;
  readonly name: string;
  readonly pin: string | number;
}

/** The light sensor or the lamp, by its name in `$services`. */
export type Role = "light" | "lamp";

/** The names of the light sensor and the lamp in messages to the user. */
export const PART_NAMES: Readonly<Record<Role, string>> = { light: "light sensor", lamp: "lamp" };

/** DeviceScript's names of the services that `board.startLight()` and `board.startLamp()` start. */
export const SERVICE_NAMES: Readonly<Record<Role, string>> = { light: "analog:lightLevel", lamp: "lightBulb" };

/** A board that this project supports, with its board file and its firmware's entry file. */
export interface Board {
  /** The board file's name without `.board.json`. The firmware reports it in its status message. */
  readonly name: string;
  /** The board's name in documents and messages, such as "Seeed Studio XIAO ESP32C3". */
  readonly title: string;
  readonly file: BoardFile;
  /** The firmware's entry file without extension, such as `main`; undefined when no entry file uses the board. */
  readonly entry: string | undefined;
}

/** Returns the board's name for documents and messages: the `devName` without "Nightlight on". */
export const titleOf = (file: Pick<BoardFile, "devName">): string => file.devName.replace(/^Nightlight on /, "");

/** Returns the label of the pin that the light sensor or the lamp is on; undefined when the board has no such service. */
export function pinOf(file: BoardFile, role: Role): string | undefined {
  const found = file.$services.find(({ name, service }) => name === role && service === SERVICE_NAMES[role]);
  return found && String(found.pin);
}

/** Returns the GPIO number that the light sensor or the lamp is on; undefined when the board has no such pin. */
export const gpioOf = (file: BoardFile, role: Role): number | undefined => file.pins[pinOf(file, role) ?? ""];

/**
 * Returns the chip of a board.
 * @throws Error when the firmware does not run on the chip
 */
export function chipOf({ archId }: Pick<BoardFile, "archId">): Chip {
  const chip = CHIPS[archId];
  if (chip) return chip;
  const known = Object.entries(CHIPS).map(([id, { name }]) => `${name} (${id})`);
  throw new Error(`A nightlight does not run on "${archId}": it needs Wi-Fi and DeviceScript's sockets, which ${joinWords(known, "and")} have.`); // prettier-ignore
}

/** Joins words into a list: `a, b or c`. */
export function joinWords(words: readonly string[], last: "and" | "or"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

/**
 * Reads all boards: the board of `src/main.ts` first, the others by title.
 * @throws Error that names the file with invalid JSON
 */
export async function loadBoards(root: string): Promise<Board[]> {
  const entries = await findEntriesByBoard(root);
  const boardFileNames = (await readdir(path.join(root, "boards"))).filter((name) => name.endsWith(".board.json"));
  const boards = await Promise.all(
    boardFileNames.map(async (fileName): Promise<Board> => {
      const name = fileName.slice(0, -".board.json".length);
      const file = await readBoardFile(root, `boards/${fileName}`);
      return { name, title: titleOf(file), file, entry: entries.get(name) };
    }),
  );
  const rankOf = (board: Board) => (board.entry === "main" ? 0 : 1);
  return boards.sort((a, b) => rankOf(a) - rankOf(b) || a.title.localeCompare(b.title, "en"));
}

/** Returns the path of a board's file in the repository. */
export const boardPathOf = (name: string): string => `boards/${name}.board.json`;

/** Maps each board's name to the entry file that imports the board. */
async function findEntriesByBoard(root: string): Promise<Map<string, string>> {
  const entryFileNames = (await readdir(path.join(root, "src"))).filter((name) => /^main\w*\.ts$/.test(name));
  const pairs = entryFileNames.map(async (name): Promise<[string, string]> => {
    const text = await readFile(path.join(root, "src", name), "utf8");
    return [/"@dsboard\/(\w+)"/.exec(text)?.[1] ?? "", name.slice(0, -".ts".length)];
  });
  return new Map(await Promise.all(pairs));
}

async function readBoardFile(root: string, name: string): Promise<BoardFile> {
  const text = await readFile(path.join(root, name), "utf8");
  try {
    return JSON.parse(text) as BoardFile;
  } catch (error) {
    throw new Error(`${name} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
