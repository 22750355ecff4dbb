import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";
import { DESCRIPTION_FILE, PROGRAM_FILE, readImage, type FirmwareImage } from "./firmware-image.js";

/** Maximum number of subfolders that are read. */
const MAX_IMAGES = 200;

interface Entry {
  /** Changes with the files of the image. */
  readonly signature: string;
  /** When the description was written, in ms since 1970. */
  readonly modified: number;
  /** The image; undefined if it is not valid. */
  readonly image: FirmwareImage | undefined;
  readonly isReported: boolean;
}

/** The newest program for each type of board, from a folder with a subfolder for each image. */
export class ImageFolder {
  readonly #folder: string;
  readonly #log: Log;
  #entries = new Map<string, Entry>();
  #latest = new Map<string, FirmwareImage>();
  /** The last problem of the folder that was logged; "" if it has none. */
  #folderProblem = "";
  #reading: Promise<boolean> | undefined;

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Returns the newest program for a type of board; undefined if there is none. */
  latestFor(board: string | undefined): FirmwareImage | undefined {
    return board === undefined ? undefined : this.#latest.get(board);
  }

  /** The newest program for each type of board. */
  list(): FirmwareImage[] {
    return [...this.#latest.values()];
  }

  /**
   * Reads images that are new or changed since the last call. Logs each image that is not valid once, and ignores it.
   * @returns whether the newest program of a type of board has changed
   */
  refresh(): Promise<boolean> {
    return (this.#reading ??= this.#refresh().finally(() => (this.#reading = undefined)));
  }

  async #refresh(): Promise<boolean> {
    const entries = new Map<string, Entry>();
    for (const name of await this.#listSubfolders()) {
      const entry = await this.#readEntry(name);
      if (entry) entries.set(name, entry);
    }
    this.#entries = entries;
    const latest = new Map<string, FirmwareImage>();
    for (const { image } of [...entries.values()].sort((a, b) => a.modified - b.modified))
      if (image) latest.set(image.board, image);
    const isChanged =
      latest.size !== this.#latest.size ||
      [...latest].some(([board, { sha256, version }]) => {
        const before = this.#latest.get(board);
        return before?.sha256 !== sha256 || before.version !== version;
      });
    this.#latest = latest;
    return isChanged;
  }

  async #listSubfolders(): Promise<string[]> {
    try {
      const names = (await readdir(this.#folder)).sort();
      const isTooFull = names.length > MAX_IMAGES;
      this.#reportFolder(
        isTooFull
          ? `The folder ${this.#folder} has more than ${MAX_IMAGES} entries. The server reads only the first ${MAX_IMAGES} by name, so remove programs that are not needed.`
          : "",
      );
      return names.slice(0, MAX_IMAGES);
    } catch (error) {
      // a folder that does not exist has no images: nobody has built the firmware yet
      const isMissing = codeOf(error) === "ENOENT";
      this.#reportFolder(
        isMissing ? "" : `The programs for boards in ${this.#folder} cannot be read (${textOf(error)}).`,
      );
      return [];
    }
  }

  /** Logs a problem of the folder once, until it has another or none. */
  #reportFolder(problem: string): void {
    if (problem && problem !== this.#folderProblem) this.#log.warn("update", problem);
    this.#folderProblem = problem;
  }

  async #readEntry(name: string): Promise<Entry | undefined> {
    const folder = join(this.#folder, name);
    const [description, program] = await Promise.all(
      [DESCRIPTION_FILE, PROGRAM_FILE].map((file) => stat(join(folder, file)).catch(() => undefined)),
    );
    if (!description) return undefined;
    const signature = [description, program].map((stats) => `${stats?.mtimeMs} ${stats?.size} ${stats?.ino}`).join();
    const before = this.#entries.get(name);
    if (before?.signature === signature && (before.image || before.isReported)) return before;
    const modified = description.mtimeMs;
    try {
      return { signature, modified, image: await readImage(folder), isReported: false };
    } catch (error) {
      // Report at the second read only, because a build may be replacing the files at this moment.
      const isReported = before?.signature === signature;
      if (isReported)
        this.#log.warn("update", `The program in ${folder} is ignored: ${textOf(error)}. Build it again.`);
      return { signature, modified, image: undefined, isReported };
    }
  }
}
