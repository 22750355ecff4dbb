import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import { codeOf } from "../../common/errors.js";
import { damagedCopyPath } from "../damage.js";
import { PRIVATE_FOLDER_MODE } from "../permissions.js";
import type { Inspection } from "./inspect.js";
import type { LevelEntry } from "./table.js";

/** Number of entries per write while filling the new database. */
const ENTRIES_PER_WRITE = 1000;

/** Returns the path of the new database while it is written. An interrupted rebuild is deleted at the next start. */
const unfinishedPathOf = (folder: string): string => `${folder}.rebuilding`;
/** Returns the path of the complete new database before it replaces the damaged one. */
const finishedPathOf = (folder: string): string => `${folder}.rebuilt`;

/** Finishes or discards a rebuild that was interrupted. Call this before opening or inspecting the database. */
export async function finishRebuild(folder: string): Promise<void> {
  await rm(unfinishedPathOf(folder), { recursive: true, force: true });
  if (!existsSync(finishedPathOf(folder))) return;
  if (existsSync(folder)) await rm(finishedPathOf(folder), { recursive: true });
  else await rename(finishedPathOf(folder), folder);
}

/**
 * Replaces a damaged database by a new one with all readable entries. LevelDB's own `repair` ignores checksums, and would
 * keep damaged values.
 * @returns the path at which the damaged database is kept
 */
export async function rebuildDatabase(folder: string, { entries }: Inspection): Promise<string> {
  await mkdir(unfinishedPathOf(folder), { mode: PRIVATE_FOLDER_MODE });
  const db = new ClassicLevel<Buffer, Buffer>(unfinishedPathOf(folder), {
    keyEncoding: "buffer",
    valueEncoding: "buffer",
  });
  const current = [...findLatestEntries(entries)];
  for (let at = 0; at < current.length; at += ENTRIES_PER_WRITE)
    await db.batch(current.slice(at, at + ENTRIES_PER_WRITE).map(([key, value]) => ({ type: "put", key, value })));
  await db.open();
  await db.close();
  await rename(unfinishedPathOf(folder), finishedPathOf(folder));
  const kept = damagedCopyPath(folder);
  await rename(folder, kept);
  await rename(finishedPathOf(folder), folder);
  return kept;
}

/** Returns the latest value of each key that was not deleted. */
function* findLatestEntries(entries: readonly LevelEntry[]): Generator<[key: Buffer, value: Buffer]> {
  const newest = new Map<string, LevelEntry>();
  for (const entry of entries) {
    const key = entry.key.toString("latin1");
    const before = newest.get(key);
    if (!before || before.sequence <= entry.sequence) newest.set(key, entry);
  }
  for (const { key, value } of newest.values()) if (value) yield [key, value];
}

/** Checks that no other process has the database open. Changes nothing. @throws Error with code LEVEL_LOCKED */
export async function throwIfLocked(folder: string): Promise<void> {
  const db = new ClassicLevel(folder);
  try {
    await db.open({ createIfMissing: false, errorIfExists: true });
    await db.close();
  } catch (error) {
    if (codeOf((error as Error).cause ?? error) === "LEVEL_LOCKED") throw error;
  }
}
