import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";
import { clock } from "../time/monotonic-clock.js";
import { DESCRIPTION_FILE, PROGRAM_FILE, readImage, type FirmwareImage } from "./firmware-image.js";

/** Number of programs that are kept for each type of board. The oldest that nothing needs are deleted. */
const MAX_KEPT_PER_BOARD = 10;

/**
 * Copies of the programs that the server has offered, in its data folder. So the previous version of a board can be
 * installed again after a newer one has replaced it in the image folder.
 */
export class ImageStore {
  readonly #folder: string;
  readonly #log: Log;
  #images = new Map<string, FirmwareImage>();
  /** The hashes of programs that have a copy in the folder, or get one. */
  readonly #copies = new Set<string>();
  /** The hashes of programs whose copy in the folder is complete. */
  readonly #stored = new Set<string>();
  /** Problems that were logged since the last copy was stored. */
  readonly #problems = new Set<string>();
  readonly #neededBy: (() => Iterable<string>)[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isUnreadable = false;

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /**
   * Registers a source of versions that are needed, such as those of running updates. Their programs are not deleted, even
   * if that means to keep more programs than usual.
   */
  protect(listVersions: () => Iterable<string>): void {
    this.#neededBy.push(listVersions);
  }

  /** Whether the folder could not be read, so that copies of earlier runs are missing here. */
  get isUnreadable(): boolean {
    return this.#isUnreadable;
  }

  /** Loads the copies of earlier runs. Ignores and reports damaged copies, and a folder that cannot be read. */
  async load(): Promise<void> {
    const found: { image: FirmwareImage; used: number }[] = [];
    for (const name of await this.#listFolder()) {
      const folder = join(this.#folder, name);
      // a process that was killed may have left an incomplete copy
      if (/^[0-9a-f]{64}\.new$/.test(name)) await rm(folder, { recursive: true, force: true }).catch(() => {});
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      try {
        found.push({ image: await readImage(folder), used: (await stat(folder)).mtimeMs });
      } catch (error) {
        this.#log.warn("update", `The copy of a program in ${folder} is ignored: ${textOf(error)}.`);
      }
    }
    for (const { image } of found.sort((a, b) => a.used - b.used)) {
      this.#images.set(image.sha256, image);
      this.#copies.add(image.sha256);
      this.#stored.add(image.sha256);
    }
  }

  async #listFolder(): Promise<string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      // nothing was copied yet
      if (codeOf(error) === "ENOENT") return [];
      this.#isUnreadable = true;
      const problem = `The copies of programs in ${this.#folder} cannot be read (${textOf(error)}), so earlier versions cannot be installed.`;
      this.#log.error("update", `${problem} Let this account read that folder, and restart the server.`);
      return [];
    }
  }

  find(sha256: string): FirmwareImage | undefined {
    return this.#images.get(sha256);
  }

  findVersion(board: string | undefined, version: string | undefined): FirmwareImage | undefined {
    return [...this.#images.values()].findLast((image) => image.board === board && image.version === version);
  }

  /** All programs that can be installed; the one that was offered or installed last is the last. */
  list(): FirmwareImage[] {
    return [...this.#images.values()];
  }

  /** Offers a program without keeping a copy. */
  offer(image: FirmwareImage): void {
    this.#images.delete(image.sha256);
    this.#images.set(image.sha256, image);
  }

  hasCopy({ sha256 }: FirmwareImage): boolean {
    return this.#copies.has(sha256);
  }

  /** Keeps a copy of a program. Resolves when it is stored. Logs an error once if that fails; a later call tries again. */
  keep(image: FirmwareImage): Promise<void> {
    this.offer(image);
    return this.#copy(image);
  }

  /** Keeps copies of offered programs that are needed. @param boards the types of boards that report here */
  keepNeeded(boards: ReadonlySet<string | undefined>): void {
    const missing = this.list().filter((image) => boards.has(image.board) && !this.hasCopy(image));
    if (missing.length === 0) return;
    const needed = this.#listNeeded();
    for (const image of missing) if (needed.has(image.version)) void this.#copy(image);
  }

  #copy(image: FirmwareImage): Promise<void> {
    this.#copies.add(image.sha256);
    const surplus = this.#listSurplus(image);
    for (const { sha256 } of surplus) {
      this.#images.delete(sha256);
      this.#copies.delete(sha256);
      this.#stored.delete(sha256);
    }
    this.#writing = this.#writing
      .then(async () => {
        await this.#write(image);
        this.#problems.clear();
        for (const { sha256 } of surplus) await rm(join(this.#folder, sha256), { recursive: true, force: true });
      })
      .catch((error: unknown) => {
        this.#copies.delete(image.sha256);
        this.#logProblem(`The program ${image.version} could not be kept (${textOf(error)}).`);
      });
    return this.#writing;
  }

  #listNeeded(): Set<string> {
    return new Set(this.#neededBy.flatMap((listVersions) => [...listVersions()]));
  }

  /** The oldest programs for the same type of board that are too many and that nothing needs. */
  #listSurplus(image: FirmwareImage): FirmwareImage[] {
    const sameBoard = this.list().filter(({ board }) => board === image.board);
    const count = sameBoard.length - MAX_KEPT_PER_BOARD;
    if (count <= 0) return [];
    const needed = this.#listNeeded();
    return sameBoard.filter((other) => other !== image && !needed.has(other.version)).slice(0, count);
  }

  #logProblem(problem: string): void {
    if (this.#problems.has(problem)) return;
    this.#problems.add(problem);
    this.#log.error("update", problem);
  }

  async #write({ board, version, sha256, program }: FirmwareImage): Promise<void> {
    const folder = join(this.#folder, sha256);
    const now = new Date(clock.wallNow());
    const isStored = await utimes(folder, now, now).then(() => this.#stored.has(sha256), () => false); // prettier-ignore
    if (isStored) return;
    const temporary = `${folder}.new`;
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    const description = { board, version, sha256, bytes: program.length };
    await writeFile(join(temporary, PROGRAM_FILE), program);
    await writeFile(join(temporary, DESCRIPTION_FILE), JSON.stringify(description));
    // a damaged copy
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
    this.#stored.add(sha256);
  }
}
