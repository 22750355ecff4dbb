import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import path from "node:path";
import type { Device } from "../devices.js";

/** A file of the journal. */
export interface Segment {
  /** Later ones have higher numbers. */
  readonly number: number;
  readings: number;
  /** Devices of which everything that counts is here or later. Some have moved on. */
  readonly devices: Device[];
  /** When the last was written to it, by `performance.now()`; of one of an earlier run long ago. */
  ended: number;
}

export const newSegment = (number: number): Segment => ({ number, readings: 0, devices: [], ended: -Infinity });

const NAME = /^(\d{12})\.log$/;

export function pathOf(folder: string, { number }: Segment): string {
  return path.join(folder, `${String(number).padStart(12, "0")}.log`);
}

/** The segments in a folder, which need not be there, in order. */
export async function segmentsIn(folder: string): Promise<Segment[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const numbers = names.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b).map(newSegment);
}

/**
 * A segment as it is written. No thread does that: to the system's memory a batch goes in 4 µs, by way of a thread it
 * takes 35 µs of CPU time.
 */
export class SegmentFile {
  readonly #path: string;
  #fd: number | undefined;
  /** In bytes. */
  length = 0;

  /** The file is made with the first batch. */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws Error when not all of it could be written; then the next batch takes its place */
  write(batch: Buffer): void {
    if (this.#fd === undefined) {
      mkdirSync(path.dirname(this.#path), { recursive: true });
      this.#fd = openSync(this.#path, "w");
    }
    for (let done = 0; done < batch.length;)
      done += writeSync(this.#fd, batch, done, batch.length - done, this.length + done);
    this.length += batch.length;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Closes it; fulfilled when all of it is on the disk. */
  async finish(): Promise<void> {
    this.close();
    const file = await open(this.#path, "r+");
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
