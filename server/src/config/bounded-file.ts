import { closeSync, openSync, readSync } from "node:fs";

/** How much is read at once, in bytes. */
const PIECE = 64 * 1024;

/**
 * Reads a text file. What a name stands for need not end: it may be a pipe or a device such as /dev/zero.
 * @param most the largest file, in bytes
 * @throws Error when the file is larger, cannot be read, or is not UTF-8
 */
export function readText(name: string, most: number): string {
  const file = openSync(name, "r");
  try {
    const pieces: Buffer[] = [];
    for (let length = 0; ;) {
      const piece = Buffer.alloc(PIECE);
      const read = readSync(file, piece);
      if (read === 0) return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces));
      length += read;
      if (length > most) throw new Error(`it has more than ${most.toLocaleString("en-US")} bytes`);
      pieces.push(piece.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}
