import { closeSync, openSync, readSync } from "node:fs";

/** Maximum number of bytes that one call reads. */
const CHUNK_SIZE = 64 * 1024;

/**
 * Reads a UTF-8 text file up to a size limit, because reading a device such as /dev/zero would never end.
 * @param maxSize in bytes
 * @throws Error when the file is larger, cannot be read, or is not UTF-8
 */
export function readText(name: string, maxSize: number): string {
  const file = openSync(name, "r");
  try {
    const chunks: Buffer[] = [];
    for (let length = 0; ;) {
      const chunk = Buffer.alloc(CHUNK_SIZE);
      const read = readSync(file, chunk);
      if (read === 0) return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
      length += read;
      if (length > maxSize) throw new Error(`it has more than ${maxSize.toLocaleString("en-US")} bytes`);
      chunks.push(chunk.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}
