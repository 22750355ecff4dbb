import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import path from "node:path";
import { SyncMarker } from "./log-format.js";
import { PRIVATE_FILE, PRIVATE_FOLDER } from "./permissions.js";

const NAME = /^(\d{12})\.log$/;

/** How often a file is checked for whether somebody deleted it, in ms. */
const CHECK_EVERY = 1000;

/** The file of a log that has this number; later ones have higher numbers. */
export function pathOf(folder: string, number: number): string {
  return path.join(folder, `${String(number).padStart(12, "0")}.log`);
}

/** The numbers of a log's files, in order. The folder need not be there. */
export async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.flatMap((name) => (NAME.exec(name) ? [Number(name.slice(0, 12))] : [])).sort((a, b) => a - b);
}

/**
 * A file of a log as it is written, batch by batch. No thread does that: to the system's memory a batch goes in 4 µs, by way
 * of a thread it takes 35 µs of CPU time. What is written survives the end of this process.
 */
export class LogFile {
  readonly path: string;
  readonly #marker = new SyncMarker();
  #fd: number | undefined;
  /** In bytes. */
  length = 0;
  #checkedAt = -Infinity;

  /** The file is made with the first batch, and its folder. */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Writes a frame, see `storage/log-format.ts`, into which it puts the file's sync marker.
   * @throws Error when not all of it could be written; then nothing of it is in the file
   */
  write(frame: Buffer): void {
    if (this.#fd === undefined) {
      mkdirSync(path.dirname(this.path), { recursive: true, mode: PRIVATE_FOLDER });
      this.#fd = openSync(this.path, "w", PRIVATE_FILE);
    }
    this.#check(this.#fd);
    if (this.length === 0) this.#put(this.#fd, this.#marker.header);
    this.#marker.mark(frame);
    this.#put(this.#fd, frame);
  }

  #put(fd: number, bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length;)
        done += writeSync(fd, bytes, done, bytes.length - done, this.length + done);
    } catch (error) {
      this.#cut(fd);
      throw error;
    }
    this.length += bytes.length;
  }

  /** @throws Error when somebody deleted the file: writes would succeed, and reach nobody */
  #check(fd: number): void {
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_EVERY) return;
    if (fstatSync(fd).nlink === 0) throw new Error(`ENOENT: the file ${this.path} was deleted`);
    this.#checkedAt = now;
  }

  /** Takes away what was written of a frame: it takes space, and whoever reads the file should not meet it. */
  #cut(fd: number): void {
    try {
      ftruncateSync(fd, this.length);
    } catch {
      // the next frame is written over it
    }
  }

  /** Fulfilled when all of it is on the disk: that survives the end of the machine. */
  async sync(): Promise<void> {
    const file = await open(this.path, "r+");
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Never throws: a file that does not get its end mark, because the disk is full, is reported by the next start. */
  close(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    try {
      this.#put(fd, this.#marker.endMark);
    } catch {
      // whoever wrote has been told already that the file cannot be written
    }
    closeSync(fd);
  }
}
