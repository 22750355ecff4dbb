import { appendFile, open, readFile, rename } from "node:fs/promises";
import { textOf } from "../common/errors.js";
import { copyDamagedFile, type ReportDamage } from "./damage.js";
import { PRIVATE_FILE_MODE } from "./permissions.js";
import { decodeLog, encodeLog, type UnreadableRange, type LogContents } from "./log-format.js";

export interface LogRecoveryOptions {
  /** Whether the file must have its end mark: a later file exists, or the previous run closed this one. */
  readonly mustHaveEndMark: boolean;
  /** Sentences for the damage report: what the file contains, and what a loss means for users. */
  readonly consequence: string;
  readonly reportDamage: ReportDamage;
}

/**
 * Reads the payloads of a log file and repairs the file if necessary. Reports a damaged file, keeps the original as a
 * copy, and replaces the file with the readable payloads.
 * @throws Error when the file cannot be opened or read
 */
export async function recoverLog(
  file: string,
  recovery: LogRecoveryOptions,
): Promise<Pick<LogContents, "payloads"> & { readonly length: number }> {
  const bytes = await readFile(file);
  const contents = decodeLog(bytes);
  if (contents.unreadable.length > 0) await replaceDamagedLog(file, contents, recovery);
  else if (!contents.hasEndMark) await appendEndMark(file, contents, recovery);
  return { payloads: contents.payloads, length: bytes.length };
}

async function replaceDamagedLog(
  file: string,
  { payloads, unreadable }: LogContents,
  { consequence, reportDamage }: LogRecoveryOptions,
): Promise<void> {
  const where = unreadable.map(({ at, length }: UnreadableRange) => `${length} bytes from byte ${at}`).join(", ");
  const what = `The file ${file} is damaged: ${where} cannot be read, the rest is used.`;
  try {
    const copy = await copyDamagedFile(file);
    await replaceFile(file, encodeLog(payloads));
    reportDamage(`${what} The damaged file was kept as ${copy}. ${consequence}`);
  } catch (error) {
    reportDamage(`${what} It stays as it is, because it cannot be replaced (${textOf(error)}). ${consequence}`);
  }
}

/** Appends the end mark to an undamaged file, so that the next start does not report the file as cut off. */
async function appendEndMark(
  file: string,
  { endMark }: LogContents,
  { mustHaveEndMark, consequence, reportDamage }: LogRecoveryOptions,
): Promise<void> {
  if (mustHaveEndMark)
    reportDamage(`The file ${file} was cut off: the last writes to it may be missing. ${consequence}`);
  try {
    if (endMark) await appendFile(file, endMark);
    else await replaceFile(file, encodeLog([]));
  } catch {
    // the disk may be full; the next start tries again
  }
}

/** Replaces a file atomically: a crash leaves either the old or the new contents. */
async function replaceFile(file: string, bytes: Buffer): Promise<void> {
  const next = `${file}.new`;
  const output = await open(next, "w", PRIVATE_FILE_MODE);
  try {
    await output.writeFile(bytes);
    await output.sync();
  } finally {
    await output.close();
  }
  await rename(next, file);
}
