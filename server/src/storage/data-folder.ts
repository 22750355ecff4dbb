import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ClassicLevel } from "classic-level";
import type { Override } from "../devices/override.js";
import { restoredOverride, storedOverride, type StoredOverride } from "../decisions/stored-override.js";
import { DamagedFiles } from "./damage.js";
import { openDatabase } from "./database.js";
import { keepPrivate, PRIVATE_FOLDER } from "./permissions.js";
import type { DiscoveryMemory } from "../outputs/homeassistant/homeassistant.js";
import { levelStateStore } from "./level-state.js";
import { StorageHealth } from "./health.js";
import { LevelDatabase } from "./level.js";
import { OrderedStore } from "./ordered-store.js";
import { codeOf, StartError, textOf } from "../common/errors.js";
import { clock } from "../time/monotonic-clock.js";
import type { StorageClock } from "../time/storage-clock.js";

type Database = ClassicLevel<string, string>;

/** Parts of the database: of what is known beside the broker, whose values are JSON; and of the broker. */
const STATE = "state";
const BROKER = "broker";
const MODE = "mode:";
const ZONE_MODE = "zone-mode:";
const ACTIONS = "actions:";
const DISCOVERY = "discovery:";
const FILTERS = "filters:";

/** Longer than any action waits, in ms: the API takes at most a day. */
const LONGEST_ACTION = 86_400_000;

/** What the server remembers between runs: in a LevelDB database, whose lock also keeps a second server out, and the journal. */
export interface DataFolder {
  /** Names this server among others on a broker; made once, at random. */
  readonly serverId: string;
  /** Counts the starts, from 1; leaves numbers out when the database had to be rebuilt. */
  readonly run: number;
  /** Whether a run before this one was killed, and none has restored the journal and ended by `close` since. */
  readonly killed: boolean;
  /** Reports damaged files, and counts them. */
  readonly damaged: DamagedFiles;
  /** The journal is being restored: `close` is the end of a whole run. */
  restoring(): void;
  /** The history could not be written to the end: the next run takes readings from the journal, as after `kill -9`. */
  incomplete(): void;
  /** Whether this folder can be written. While it cannot, what is to be remembered waits in memory. */
  readonly health: StorageHealth;
  /** People's overrides, by device and by zone. */
  readonly overrides: ReadonlyMap<string, Override>;
  readonly zoneOverrides: ReadonlyMap<string, Override>;
  /** Remembers an override; `auto` forgets it. */
  setOverride(id: string, override: Override): Promise<void>;
  setZoneOverride(zone: string, override: Override): Promise<void>;
  /** What earlier runs subscribed to in the persistent session on somebody else's broker. */
  filters(clientId: string): readonly string[];
  setFilters(clientId: string, filters: readonly string[]): Promise<void>;
  /** The actions of each device. */
  readonly actions: ReadonlyMap<string, StoredActions>;
  /** Not to be called for a device again before it is fulfilled. */
  setActions(id: string, actions: StoredActions): Promise<void>;
  /** Forgets a device's override and actions. */
  forget(id: string): Promise<void>;
  /** Where devices were announced to Home Assistant. */
  readonly discovery: DiscoveryMemory;
  /** A folder for readings, which need not be there yet; and the part of the database in which they were before. */
  readonly journal: string;
  readonly journalBefore: JournalStore;
  /** A part of the database for the embedded broker, and a folder, which need not be there yet. */
  readonly broker: OrderedStore;
  readonly retained: string;
  close(): Promise<void>;
}

/** What must be known of a device's actions when the server starts again. */
export interface StoredActions {
  /** The last `seq` that was given. */
  readonly last: number;
  /** Actions up to this `seq` were given up. */
  readonly expired: number;
  /** Those that wait for a reply. */
  readonly pending: readonly {
    readonly seq: number;
    /** When they are given up, by the monotonic clock; on disk by the wall clock. */
    readonly until: number;
  }[];
  /** The latest that ask the device to blink, by `seq`; not there in what an earlier version stored. */
  readonly identify?: readonly number[];
}

/** Actions as they are stored: `until` in ms since 1970. */
export function storedActions(actions: StoredActions, clock: StorageClock): StoredActions {
  return withTimes(actions, (until) => clock.toWall(until));
}

/** The reverse; a wall clock that was set back meanwhile does not keep them for longer than actions may wait at most. */
export function restoredActions(stored: StoredActions, clock: StorageClock): StoredActions {
  const latest = clock.now() + LONGEST_ACTION;
  return withTimes(stored, (until) => Math.min(clock.fromWall(until), latest));
}

function withTimes(actions: StoredActions, convert: (until: number) => number): StoredActions {
  return { ...actions, pending: actions.pending.map(({ seq, until }) => ({ seq, until: convert(until) })) };
}

export type JournalStore = ReturnType<typeof journalStore>;

function journalStore(db: Database) {
  return db.sublevel<string, unknown>("journal", { valueEncoding: "json" });
}

/**
 * Opens the data folder, and makes it when it is not there.
 * @param damaged told of damaged files in it
 * @param warn told of what other users of the machine have access to
 * @throws StartError when it cannot be written, or another server has it open.
 */
export async function openData(
  folder: string,
  damaged = new DamagedFiles(),
  warn: (problem: string) => void = () => {},
): Promise<DataFolder> {
  let db: Database | undefined;
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
    for (const problem of await keepPrivate(folder)) warn(problem);
    const opened = await openDatabase(join(folder, "db"), damaged.report);
    db = opened.db;
    return await read(db, folder, damaged, opened.rebuilt);
  } catch (error) {
    await db?.close().catch(() => {});
    throw new StartError(sentence(folder, error));
  }
}

function sentence(folder: string, error: unknown): string {
  const cause = (error as Error).cause ?? error;
  const code = codeOf(cause);
  if (code === "LEVEL_LOCKED")
    return `The data folder ${folder} is in use by another nightlight-server; stop that one, or choose another folder with --data.`;
  if (/ENOSPC|No space left/.test(textOf(cause)))
    return `The data folder ${folder} cannot be opened, because its disk is full; free some space on it.`;
  return `The data folder ${folder} cannot be used (${textOf(cause)}); make it writable, or choose another with --data.`;
}

/** The highest run that has messages in queues: their keys must not be given again. */
async function lastRunIn(db: Database): Promise<number> {
  let last = 0;
  for await (const key of db.sublevel(BROKER).keys({ gte: "outgoing:", lt: "outgoing;" }))
    last = Math.max(last, Number(/:run-(\d+):\d+$/.exec(key)?.[1] ?? 0));
  return last;
}

/** How many numbers a rebuilt database leaves out, in which that of the last run may be missing. */
const RUNS_LEFT_OUT = 100;

async function read(db: Database, folder: string, damaged: DamagedFiles, rebuilt: boolean): Promise<DataFolder> {
  const state = levelStateStore(db, damaged.report).collection(STATE);
  const known = await state.entries();
  const serverId = (known.get("server") as string | undefined) ?? randomBytes(6).toString("hex");
  const before = (known.get("run") as number | undefined) ?? 0;
  const ended = (known.get("ended") as number | undefined) ?? 0;
  const run = rebuilt ? Math.max(before, await lastRunIn(db)) + RUNS_LEFT_OUT : before + 1;
  let whole = false;
  await state.write([
    ["server", serverId],
    ["run", run],
  ]);
  /** All that is stored under a prefix. */
  const stored = <T>(prefix: string): Map<string, T> =>
    new Map(
      [...known].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value as T]] : [])),
    );
  const restored = <T, R>(prefix: string, restore: (value: T, clock: StorageClock) => R): Map<string, R> =>
    new Map(Array.from(stored<T>(prefix), ([key, value]) => [key, restore(value, clock)]));
  const filters = stored<string[]>(FILTERS);
  const health = new StorageHealth(folder);
  const database = new LevelDatabase(db, health);
  const values = new OrderedStore(database, STATE);
  const broker = new OrderedStore(database, BROKER, damaged.report);
  const put = (key: string, value: unknown): Promise<void> => {
    values.put(key, Buffer.from(JSON.stringify(value)));
    return values.stored();
  };
  const remove = (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) values.delete(key);
    return values.stored();
  };
  const store = (key: string, override: Override): Promise<void> =>
    override.mode === "auto" ? remove(key) : put(key, storedOverride(override, clock));
  return {
    serverId,
    run,
    // of a rebuilt database nobody knows how the last run ended
    killed: rebuilt || ended !== before,
    damaged,
    restoring: () => void (whole = true),
    incomplete: () => void (whole = false),
    health,
    overrides: restored<StoredOverride, Override>(MODE, restoredOverride),
    zoneOverrides: restored<StoredOverride, Override>(ZONE_MODE, restoredOverride),
    setOverride: (id, override) => store(MODE + id, override),
    setZoneOverride: (zone, override) => store(ZONE_MODE + zone, override),
    filters: (clientId) => filters.get(clientId) ?? [],
    setFilters: (clientId, next) => put(FILTERS + clientId, next),
    actions: restored(ACTIONS, restoredActions),
    setActions: (id, actions) => put(ACTIONS + id, storedActions(actions, clock)),
    forget: (id) => remove(MODE + id, ACTIONS + id),
    discovery: {
      topics: [...stored<true>(DISCOVERY).keys()],
      async remember(topics) {
        await Promise.all(topics.map((topic) => put(DISCOVERY + topic, true)));
      },
      forget: (topic) => remove(DISCOVERY + topic),
    },
    journal: join(folder, "journal"),
    journalBefore: journalStore(db),
    broker,
    retained: join(folder, "retained"),
    async close() {
      // when it cannot be written, the next run restores more than it had to
      if (whole) await health.waitUnlessFailing(put("ended", run));
      await health.waitUnlessFailing(Promise.all([values.stored(), broker.stored()]));
      await database.close();
    },
  };
}
