import { appendFile, open, readFile, rename } from "node:fs/promises";
import { textOf } from "../common/errors.js";
import { keepDamagedCopy, type ReportDamage } from "./damage.js";
import { PRIVATE_FILE } from "./permissions.js";
import { decodeLog, encodeLog, type Gap, type LogContents } from "./log-format.js";

export interface LogRecovery {
  /** Whether the file must have its end mark: a later file exists, or the previous run closed this one. */
  readonly closed: boolean;
  /** Sentences for the damage report: what the file contains, and what a loss means for users. */
  readonly holds: string;
  readonly damaged: ReportDamage;
}

/**
 * Reads the payloads of a log file and repairs the file if necessary. Reports a damaged file, keeps the original as a
 * copy, and replaces the file with the readable payloads.
 * @throws Error when the file cannot be opened or read
 */
export async function recoverLog(
  file: string,
  recovery: LogRecovery,
): Promise<Pick<LogContents, "payloads"> & { readonly length: number }> {
  const bytes = await readFile(file);
  const contents = decodeLog(bytes);
  if (contents.gaps.length > 0) await repair(file, contents, recovery);
  else if (!contents.closed) await close(file, contents, recovery);
  return { payloads: contents.payloads, length: bytes.length };
}

async function repair(file: string, { payloads, gaps }: LogContents, { holds, damaged }: LogRecovery): Promise<void> {
  const where = gaps.map(({ at, length }: Gap) => `${length} bytes from byte ${at}`).join(", ");
  const what = `The file ${file} is damaged: ${where} cannot be read, the rest is used.`;
  try {
    const copy = await keepDamagedCopy(file);
    await replace(file, encodeLog(payloads));
    damaged(`${what} The damaged file was kept as ${copy}. ${holds}`);
  } catch (error) {
    damaged(`${what} It stays as it is, because it cannot be replaced (${textOf(error)}). ${holds}`);
  }
}

/** Appends the end mark to an undamaged file, so that the next start does not report the file as cut off. */
async function close(file: string, { endMark }: LogContents, { closed, holds, damaged }: LogRecovery): Promise<void> {
  if (closed) damaged(`The file ${file} was cut off: the last writes to it may be missing. ${holds}`);
  try {
    if (endMark) await appendFile(file, endMark);
    else await replace(file, encodeLog([]));
  } catch {
    // for example on a full disk; the next start tries again
  }
}

/** Replaces a file atomically: a crash leaves either the old or the new contents. */
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
