import { appendFile, open, readFile, rename } from "node:fs/promises";
import { textOf } from "../common/errors.js";
import { copyAside, type TellDamage } from "./damage.js";
import { PRIVATE_FILE } from "./permissions.js";
import { decodeLog, encodeLog, type Gap, type LogContents } from "./log-format.js";

export interface LogRecovery {
  /** What the lengths in files of version 1 count, in bytes. */
  readonly unit: number;
  /** Whether the file must have its end mark: it is not the last one, or the last run has closed it. */
  readonly closed: boolean;
  /** What the file holds, and what its loss means, in sentences. */
  readonly holds: string;
  readonly damaged: TellDamage;
}

/**
 * Reads the payloads of a log file. Of a damaged file the original is kept as a copy, the damage is reported, and the file
 * is written anew with what could be read.
 * @throws Error when the file cannot be read at all
 */
export async function recoverLog(
  file: string,
  recovery: LogRecovery,
): Promise<Pick<LogContents, "payloads"> & { readonly length: number }> {
  const bytes = await readFile(file);
  const contents = decodeLog(bytes, recovery.unit);
  if (contents.gaps.length > 0) await repair(file, contents, recovery);
  else if (contents.closed === false) await close(file, contents, recovery);
  return { payloads: contents.payloads, length: bytes.length };
}

async function repair(file: string, { payloads, gaps }: LogContents, { holds, damaged }: LogRecovery): Promise<void> {
  const where = gaps.map(({ at, length }: Gap) => `${length} bytes from byte ${at}`).join(", ");
  const what = `The file ${file} is damaged: ${where} cannot be read, the rest is used.`;
  try {
    const copy = await copyAside(file);
    await replace(file, encodeLog(payloads));
    damaged(`${what} The damaged file was kept as ${copy}. ${holds}`);
  } catch (error) {
    damaged(`${what} It stays as it is, because it cannot be replaced (${textOf(error)}). ${holds}`);
  }
}

/** Gives a file that is whole its end mark, so that the next start does not take it for one that was cut off. */
async function close(file: string, { endMark }: LogContents, { closed, holds, damaged }: LogRecovery): Promise<void> {
  if (closed) damaged(`The file ${file} was cut off: what was last written to it may be missing. ${holds}`);
  try {
    if (endMark) await appendFile(file, endMark);
    else await replace(file, encodeLog([]));
  } catch {
    // on a disk that is full, say: the next start tries again
  }
}

async function replace(file: string, bytes: Buffer): Promise<void> {
  const next = `${file}.new`;
  const output = await open(next, "w", PRIVATE_FILE);
  try {
    await output.writeFile(bytes);
    await output.sync();
  } finally {
    await output.close();
  }
  await rename(next, file);
}
