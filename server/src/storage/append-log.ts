import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import path from "node:path";
import { SyncMarker } from "./log-format.js";
import { PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE } from "./permissions.js";

const LOG_FILE_NAME_PATTERN = /^(\d{12})\.log$/;

/** Shortest time between two checks that the open file still exists, in ms. */
const EXISTENCE_CHECK_INTERVAL = 1000;

/** Returns the path of the log file with this number. Later files have higher numbers. */
export function logFilePath(folder: string, number: number): string {
  return path.join(folder, `${String(number).padStart(12, "0")}.log`);
}

/** Returns the numbers of a log's files in ascending order. The list is empty when the folder does not exist. */
export async function listLogNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .flatMap((name) => (LOG_FILE_NAME_PATTERN.exec(name) ? [Number(name.slice(0, 12))] : []))
    .sort((a, b) => a - b);
}

/**
 * Writer of one append-only log file. Writes are synchronous: a batch takes 4 µs to reach the page cache, while
 * asynchronous writes take 35 µs of CPU time on a worker thread. Written data survives `kill -9` of this process.
 */
export class LogFile {
  readonly path: string;
  readonly #marker = new SyncMarker();
  #fd: number | undefined;
  /** Length of the log file, in bytes. */
  length = 0;
  #checkedAt = -Infinity;

  /** Prepares a log file. The first write creates the file and its folder. */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Appends a frame (see `log-format.ts`), and sets the sync marker in it.
   * @throws Error when the frame could not be written completely; then the file contains no part of the frame
   */
  write(frame: Buffer): void {
    if (this.#fd === undefined) {
      mkdirSync(path.dirname(this.path), { recursive: true, mode: PRIVATE_FOLDER_MODE });
      this.#fd = openSync(this.path, "w", PRIVATE_FILE_MODE);
    }
    this.#throwIfDeleted(this.#fd);
    if (this.length === 0) this.#put(this.#fd, this.#marker.header);
    this.#marker.markFrame(frame);
    this.#put(this.#fd, frame);
  }

  #put(fd: number, bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length;)
        done += writeSync(fd, bytes, done, bytes.length - done, this.length + done);
    } catch (error) {
      this.#truncate(fd);
      throw error;
    }
    this.length += bytes.length;
  }

  /** Throws an Error when the file was deleted: later writes would succeed, but nobody could read the data. */
  #throwIfDeleted(fd: number): void {
    const now = performance.now();
    if (now - this.#checkedAt < EXISTENCE_CHECK_INTERVAL) return;
    if (fstatSync(fd).nlink === 0) throw new Error(`ENOENT: the file ${this.path} was deleted`);
    this.#checkedAt = now;
  }

  /** Removes an incomplete frame, which takes space and would look like damage to a reader. */
  #truncate(fd: number): void {
    try {
      ftruncateSync(fd, this.length);
    } catch {
      // the next frame overwrites the incomplete one
    }
  }

  /** Resolves when all written data is on the disk, where it survives a power failure. */
  async sync(): Promise<void> {
    const file = await open(this.path, "r+");
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Writes the end mark and closes the file. Never throws: the next start reports a missing end mark. */
  close(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    try {
      this.#put(fd, this.#marker.endMark);
    } catch {
      // an earlier write has already reported that the file cannot be written
    }
    closeSync(fd);
  }
}
