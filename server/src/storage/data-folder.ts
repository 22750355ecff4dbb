import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ClassicLevel } from "classic-level";
import { DamagedFiles } from "./damage.js";
import { openDatabase } from "./database.js";
import { removeAccessOfOthers, PRIVATE_FOLDER_MODE } from "./permissions.js";
import { createLevelStateStore } from "./level-state.js";
import { StorageHealth } from "./health.js";
import { LevelDatabase } from "./level.js";
import { OrderedStore } from "./ordered-store.js";
import { codeOf, StartError, textOf } from "../common/errors.js";

type Database = ClassicLevel<string, string>;

/** Section of the database for named JSON values. */
const STATE_SECTION = "state";
/** Section of the database for the embedded broker. */
const BROKER_SECTION = "broker";

/** Named JSON values that survive a restart. */
export interface NamedValues {
  /** Returns the values whose names begin with `prefix`, by the rest of the name. Omits changes since the folder was opened. */
  entriesWithPrefix<T>(prefix: string): Map<string, T>;
  /** Stores a value. Resolves when the value is written. */
  put(name: string, value: unknown): Promise<void>;
  /** Deletes values. Resolves when the deletion is written. */
  delete(...names: readonly string[]): Promise<void>;
}

/** Everything that survives a restart: a LevelDB database, whose lock also keeps a second server out, and log files. */
export interface DataFolder {
  /** A random name of this server, which distinguishes it from other servers at the same broker. */
  readonly serverId: string;
  /** Number of this run: starts at 1 and grows with each start. Rebuilding the database skips numbers. */
  readonly run: number;
  /** Whether an earlier run ended without `close`, and no run has restored the journal since. */
  readonly wasKilled: boolean;
  /** Reports and counts damaged files. */
  readonly damagedFiles: DamagedFiles;
  /** Must be called before the journal is restored. Only after this call does `close` record that the run was complete. */
  markRestoring(): void;
  /** Must be called if the history could not be written completely. The next run reads the journal as after `kill -9`. */
  markIncomplete(): void;
  /** Whether writes to the folder succeed. While writes fail, values wait in memory. */
  readonly health: StorageHealth;
  readonly values: NamedValues;
  /** Path of the journal folder, which may not exist yet. */
  readonly journal: string;
  /** Path of the folder with copies of programs for boards, which may not exist yet. */
  readonly firmware: string;
  /** The section of the database with sessions, queues and wills of the embedded broker. */
  readonly broker: OrderedStore;
  /** Path of the folder of retained messages, which may not exist yet. */
  readonly retained: string;
  close(): Promise<void>;
}

/**
 * Opens the data folder, or creates it.
 * @param damagedFiles receives a report about each damaged file
 * @param warn called with a warning about each file that other users of the machine can still access
 * @throws StartError if the folder cannot be written or another server uses it
 */
export async function openDataFolder(
  folder: string,
  damagedFiles = new DamagedFiles(),
  warn: (problem: string) => void = () => {},
): Promise<DataFolder> {
  let db: Database | undefined;
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER_MODE });
    for (const problem of await removeAccessOfOthers(folder)) warn(problem);
    const opened = await openDatabase(join(folder, "db"), damagedFiles.report);
    db = opened.db;
    return await loadDataFolder(db, folder, damagedFiles, opened.rebuilt);
  } catch (error) {
    await db?.close().catch(() => {});
    throw new StartError(describeOpenFailure(folder, error));
  }
}

function describeOpenFailure(folder: string, error: unknown): string {
  const cause = (error as Error).cause ?? error;
  const code = codeOf(cause);
  if (code === "LEVEL_LOCKED")
    return `The data folder ${folder} is in use by another nightlight-server; stop that one, or give this one a folder of its own with --data.`;
  if (/ENOSPC|No space left/.test(textOf(cause)))
    return `The data folder ${folder} cannot be opened, because its disk is full; free some space on it.`;
  return `The data folder ${folder} cannot be used (${textOf(cause)}); make it writable, or choose another with --data.`;
}

/** Returns the highest run number in the keys of queued messages; 0 when no message is queued. */
async function findLastRunNumber(db: Database): Promise<number> {
  let last = 0;
  for await (const key of db.sublevel(BROKER_SECTION).keys({ gte: "outgoing:", lt: "outgoing;" }))
    last = Math.max(last, Number(/:run-(\d+):\d+$/.exec(key)?.[1] ?? 0));
  return last;
}

/** Number of run numbers that a rebuilt database skips: the last run number may be lost, and none may be used twice. */
const SKIPPED_RUN_COUNT = 100;

async function loadDataFolder(
  db: Database,
  folder: string,
  damagedFiles: DamagedFiles,
  rebuilt: boolean,
): Promise<DataFolder> {
  const state = createLevelStateStore(db, damagedFiles.report).collection(STATE_SECTION);
  const known = await state.entries();
  const serverId = (known.get("server") as string | undefined) ?? randomBytes(6).toString("hex");
  const previousRun = (known.get("run") as number | undefined) ?? 0;
  const lastEndedRun = (known.get("ended") as number | undefined) ?? 0;
  const run = rebuilt ? Math.max(previousRun, await findLastRunNumber(db)) + SKIPPED_RUN_COUNT : previousRun + 1;
  let isComplete = false;
  await state.write([
    ["server", serverId],
    ["run", run],
  ]);
  const health = new StorageHealth(folder);
  const database = new LevelDatabase(db, health);
  const values = new OrderedStore(database, STATE_SECTION);
  const broker = new OrderedStore(database, BROKER_SECTION, damagedFiles.report);
  const namedValues: NamedValues = {
    entriesWithPrefix: <T>(prefix: string) =>
      new Map(
        [...known].flatMap(([name, value]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), value as T] as const] : [],
        ),
      ),
    put(name, value) {
      values.put(name, Buffer.from(JSON.stringify(value)));
      return values.whenStored();
    },
    delete(...names) {
      for (const name of names) values.delete(name);
      return values.whenStored();
    },
  };
  return {
    serverId,
    run,
    // A rebuilt database may have lost the entry "ended", so assume that the last run was killed.
    wasKilled: rebuilt || lastEndedRun !== previousRun,
    damagedFiles,
    markRestoring: () => void (isComplete = true),
    markIncomplete: () => void (isComplete = false),
    health,
    values: namedValues,
    journal: join(folder, "journal"),
    firmware: join(folder, "firmware"),
    broker,
    retained: join(folder, "retained"),
    async close() {
      // A failure of this write is harmless: the next run then restores more than necessary.
      if (isComplete) await health.waitUnlessFailing(namedValues.put("ended", run));
      await health.waitUnlessFailing(Promise.all([values.whenStored(), broker.whenStored()]));
      await database.close();
    },
  };
}
