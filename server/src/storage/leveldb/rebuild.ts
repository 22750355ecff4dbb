import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import { codeOf } from "../../common/errors.js";
import { asideName } from "../damage.js";
import { PRIVATE_FOLDER } from "../permissions.js";
import type { Inspection } from "./inspect.js";
import type { Entry } from "./table.js";

/** Entries that are written at once. */
const SLICE = 1000;

/** Where a new database is written, and where it waits until it takes the damaged one's place. */
const unfinished = (folder: string): string => `${folder}.rebuilding`;
const finished = (folder: string): string => `${folder}.rebuilt`;

/** Goes on where a rebuild was interrupted. To be called before the database is looked at. */
export async function finishRebuild(folder: string): Promise<void> {
  await rm(unfinished(folder), { recursive: true, force: true });
  if (!existsSync(finished(folder))) return;
  if (existsSync(folder)) await rm(finished(folder), { recursive: true });
  else await rename(finished(folder), folder);
}

/**
 * Puts what can be read of a damaged database into a new one, which takes its place. LevelDB's own `repair` does without
 * checksums, and would take damaged values for whole ones.
 * @returns the name under which the damaged one is kept
 */
export async function rebuildDatabase(folder: string, { entries }: Inspection): Promise<string> {
  await mkdir(unfinished(folder), { mode: PRIVATE_FOLDER });
  const db = new ClassicLevel<Buffer, Buffer>(unfinished(folder), { keyEncoding: "buffer", valueEncoding: "buffer" });
  const current = [...latest(entries)];
  for (let at = 0; at < current.length; at += SLICE)
    await db.batch(current.slice(at, at + SLICE).map(([key, value]) => ({ type: "put", key, value })));
  await db.open();
  await db.close();
  await rename(unfinished(folder), finished(folder));
  const aside = asideName(folder);
  await rename(folder, aside);
  await rename(finished(folder), folder);
  return aside;
}

/** What each key was last set to. */
function* latest(entries: readonly Entry[]): Generator<[key: Buffer, value: Buffer]> {
  const newest = new Map<string, Entry>();
  for (const entry of entries) {
    const key = entry.key.toString("latin1");
    const before = newest.get(key);
    if (!before || before.sequence <= entry.sequence) newest.set(key, entry);
  }
  for (const { key, value } of newest.values()) if (value) yield [key, value];
}

/** Throws what LevelDB throws when another process has the database open. It changes nothing. */
export async function refuseWhileLocked(folder: string): Promise<void> {
  const db = new ClassicLevel(folder);
  try {
    await db.open({ createIfMissing: false, errorIfExists: true });
    await db.close();
  } catch (error) {
    if (codeOf((error as Error).cause ?? error) === "LEVEL_LOCKED") throw error;
  }
}
