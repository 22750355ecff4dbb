import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../common/errors.js";
import type { Gap } from "../log-format.js";
import { entriesOf } from "./batch.js";
import { readLevelLog } from "./log.js";
import { versionOf, type Version } from "./manifest.js";
import { readTable, type Entry } from "./table.js";

/** What was found in the files of a database. */
export interface Inspection {
  /** What is wrong with which file; none when all is well. */
  readonly problems: readonly string[];
  /** Whether a file is missing, or the list of files is not the latest. */
  readonly incomplete: boolean;
  /** For each part that cannot be read: whether entries with this prefix may be in it. */
  readonly lost: readonly ((prefix: string) => boolean)[];
  /** All entries that can be read, in no order; empty unless they were asked for. */
  readonly entries: readonly Entry[];
}

const LOG = /^(\d+)\.log$/;
const TABLE = /^(\d+)\.(?:ldb|sst)$/;
const MANIFEST = /^MANIFEST-\d+$/;

/**
 * Checks the checksums of all files that a LevelDB database needs. LevelDB itself does not do that: of a damaged log it skips
 * up to 32 KB without a word, and classic-level has no option for checksums of tables (`paranoid_checks`).
 *
 * Nobody should write to the database meanwhile; its lock is not needed to look at it.
 * @param withEntries whether its entries are wanted as well
 * @returns undefined when there is no database
 */
export async function inspectDatabase(folder: string, withEntries = false): Promise<Inspection | undefined> {
  const names = await namesIn(folder);
  const [logs, tables] = [LOG, TABLE].map((pattern) => numbered(names, pattern));
  if (!names.includes("CURRENT") && logs.size + tables.size === 0 && !names.some((name) => MANIFEST.test(name)))
    return undefined;
  const inspection = {
    problems: [] as string[],
    incomplete: false,
    lost: [] as Inspection["lost"][number][],
    entries: [] as Entry[],
  };
  const report = (name: string, gaps: readonly Gap[]): void => {
    for (const { at, length } of gaps) inspection.problems.push(`${length} bytes from byte ${at} of ${name}`);
  };
  const version = await currentVersion(folder, names, inspection.problems);
  const trusted = version !== undefined && isComplete(version, logs, tables, inspection.problems);
  inspection.incomplete = version !== undefined && !trusted;
  for (const [number, name] of logs) {
    if (trusted && number < version.log) continue;
    const file = await readFile(join(folder, name));
    const { records, gaps } = readLevelLog(file);
    report(name, gaps);
    for (const { at, length } of gaps) {
      const bytes = file.subarray(at, at + length);
      inspection.lost.push((prefix) => bytes.includes(prefix));
    }
    if (withEntries) for (const record of records) inspection.entries.push(...entriesOf(record));
  }
  for (const [number, name] of tables) {
    if (trusted && !version.tables.has(number)) continue;
    const file = await readFile(join(folder, name));
    const { entries, gaps, lost } = readTable(file);
    report(name, gaps);
    inspection.lost.push(...lost);
    if (withEntries) for (const entry of entries()) inspection.entries.push(entry);
  }
  return inspection;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Names of files by their numbers, oldest first. */
function numbered(names: readonly string[], pattern: RegExp): ReadonlyMap<number, string> {
  const found = names.flatMap((name): [number, string][] => {
    const match = pattern.exec(name);
    return match ? [[Number(match[1]), name]] : [];
  });
  return new Map(found.sort(([a], [b]) => a - b));
}

/** The files that the database consists of; undefined, and a problem, when the file that says so is damaged. */
async function currentVersion(
  folder: string,
  names: readonly string[],
  problems: string[],
): Promise<Version | undefined> {
  if (!names.includes("CURRENT")) return void problems.push("the file CURRENT is missing");
  const name = /^(MANIFEST-\d+)\n$/.exec(await readFile(join(folder, "CURRENT"), "latin1"))?.[1];
  if (name === undefined) return void problems.push("the file CURRENT");
  if (!names.includes(name)) return void problems.push(`the file CURRENT, or ${name} is missing`);
  const { records, gaps } = readLevelLog(await readFile(join(folder, name)));
  for (const { at, length } of gaps) problems.push(`${length} bytes from byte ${at} of ${name}`);
  if (gaps.length > 0) return undefined;
  if (records.length === 0) return void problems.push(`the file ${name} is empty`);
  return versionOf(records);
}

/** Whether every file is there that the manifest names: one that is cut off between two records names files that are gone. */
function isComplete(
  { log, tables }: Version,
  logs: ReadonlyMap<number, string>,
  present: ReadonlyMap<number, string>,
  problems: string[],
): boolean {
  const before = problems.length;
  // LevelDB makes the next log before it says so in the manifest, and a table before its log goes
  if (log > 0 ? !logs.has(log) : present.size > 0)
    problems.push(`the log ${log} is missing, or the end of the manifest`);
  for (const table of tables) if (!present.has(table)) problems.push(`the table ${table} is missing`);
  return problems.length === before;
}
