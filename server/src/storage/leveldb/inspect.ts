import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../common/errors.js";
import type { UnreadableRange } from "../log-format.js";
import { decodeBatch } from "./batch.js";
import { readLevelLog } from "./log.js";
import { replayVersionEdits, type DatabaseFiles } from "./manifest.js";
import { readTable, type LevelEntry } from "./table.js";

/** The result of checking the files of a database. */
export interface Inspection {
  /** Descriptions of the damage, for people. Empty when all files are intact. */
  readonly problems: readonly string[];
  /** Whether a file is missing, or the manifest is out of date. */
  readonly incomplete: boolean;
  /** A predicate for each unreadable part: returns whether the part may contain keys with a prefix. */
  readonly mayHaveLost: readonly ((prefix: string) => boolean)[];
  /** All readable entries, in no particular order. Empty unless `withEntries` was set. */
  readonly entries: readonly LevelEntry[];
}

const LOG_FILE_NAME_PATTERN = /^(\d+)\.log$/;
const TABLE_FILE_NAME_PATTERN = /^(\d+)\.(?:ldb|sst)$/;
const MANIFEST_FILE_NAME_PATTERN = /^MANIFEST-\d+$/;

/**
 * Verifies the checksums of all files of a LevelDB database. LevelDB itself silently skips up to 32 KB of a damaged log, and
 * classic-level has no option to verify the checksums of tables (`paranoid_checks`).
 *
 * No process should write to the database meanwhile. The function does not need the lock of the database.
 * @param withEntries whether to return the entries too
 * @returns undefined when the folder contains no database
 */
export async function inspectDatabase(folder: string, withEntries = false): Promise<Inspection | undefined> {
  const names = await listFileNames(folder);
  const [logs, tables] = [LOG_FILE_NAME_PATTERN, TABLE_FILE_NAME_PATTERN].map((pattern) =>
    indexFilesByNumber(names, pattern),
  );
  if (
    !names.includes("CURRENT") &&
    logs.size + tables.size === 0 &&
    !names.some((name) => MANIFEST_FILE_NAME_PATTERN.test(name))
  )
    return undefined;
  const inspection = {
    problems: [] as string[],
    incomplete: false,
    mayHaveLost: [] as Inspection["mayHaveLost"][number][],
    entries: [] as LevelEntry[],
  };
  const addProblem = (name: string, ranges: readonly UnreadableRange[]): void => {
    for (const { at, length } of ranges) inspection.problems.push(`${length} bytes from byte ${at} of ${name}`);
  };
  const version = await readCurrentVersion(folder, names, inspection.problems);
  const trusted = version !== undefined && isComplete(version, logs, tables, inspection.problems);
  inspection.incomplete = version !== undefined && !trusted;
  for (const [number, name] of logs) {
    if (trusted && number < version.log) continue;
    const file = await readFile(join(folder, name));
    const { records, unreadable } = readLevelLog(file);
    addProblem(name, unreadable);
    for (const { at, length } of unreadable) {
      const bytes = file.subarray(at, at + length);
      inspection.mayHaveLost.push((prefix) => bytes.includes(prefix));
    }
    if (withEntries) for (const record of records) inspection.entries.push(...decodeBatch(record));
  }
  for (const [number, name] of tables) {
    if (trusted && !version.tables.has(number)) continue;
    const file = await readFile(join(folder, name));
    const { entries, unreadable, mayHaveLost } = readTable(file);
    addProblem(name, unreadable);
    inspection.mayHaveLost.push(...mayHaveLost);
    if (withEntries) for (const entry of entries()) inspection.entries.push(entry);
  }
  return inspection;
}

async function listFileNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Returns the file names that match a pattern, by their numbers, oldest first. */
function indexFilesByNumber(names: readonly string[], pattern: RegExp): ReadonlyMap<number, string> {
  const found = names.flatMap((name): [number, string][] => {
    const match = pattern.exec(name);
    return match ? [[Number(match[1]), name]] : [];
  });
  return new Map(found.sort(([a], [b]) => a - b));
}

/** Reads which files belong to the database. Adds a problem and returns undefined when CURRENT or the manifest is damaged. */
async function readCurrentVersion(
  folder: string,
  names: readonly string[],
  problems: string[],
): Promise<DatabaseFiles | undefined> {
  if (!names.includes("CURRENT")) return void problems.push("the file CURRENT is missing");
  const name = /^(MANIFEST-\d+)\n$/.exec(await readFile(join(folder, "CURRENT"), "latin1"))?.[1];
  if (name === undefined) return void problems.push("the file CURRENT");
  if (!names.includes(name)) return void problems.push(`the file CURRENT, or ${name} is missing`);
  const { records, unreadable } = readLevelLog(await readFile(join(folder, name)));
  for (const { at, length } of unreadable) problems.push(`${length} bytes from byte ${at} of ${name}`);
  if (unreadable.length > 0) return undefined;
  if (records.length === 0) return void problems.push(`the file ${name} is empty`);
  return replayVersionEdits(records);
}

/**
 * Returns whether all files in the manifest exist. If not, files were lost, or the manifest was cut off and still lists
 * deleted files.
 */
function isComplete(
  { log, tables }: DatabaseFiles,
  logs: ReadonlyMap<number, string>,
  present: ReadonlyMap<number, string>,
  problems: string[],
): boolean {
  const before = problems.length;
  // LevelDB creates a log before the manifest names it, so a missing log means lost files or a cut-off manifest
  if (log > 0 ? !logs.has(log) : present.size > 0)
    problems.push(`the log ${log} is missing, or the end of the manifest`);
  for (const table of tables) if (!present.has(table)) problems.push(`the table ${table} is missing`);
  return problems.length === before;
}
