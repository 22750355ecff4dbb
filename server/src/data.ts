import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import type { Override } from "./override.js";
import type { DiscoveryMemory } from "./homeassistant/homeassistant.js";
import { codeOf, StartError, textOf } from "./errors.js";

type Database = ClassicLevel<string, string>;

const MODE = "mode:";
const ZONE_MODE = "zone-mode:";
const ACTIONS = "actions:";
const DISCOVERY = "discovery:";

/** What the server remembers between runs, in one LevelDB database whose lock also keeps a second server out. */
export interface DataFolder {
  /** Names this server among others on a broker; made once, at random. */
  readonly serverId: string;
  /** Counts the starts, from 1. */
  readonly run: number;
  /** Whether a run before this one was killed, and none has restored the journal and ended by `close` since. */
  readonly killed: boolean;
  /** The journal is being restored: `close` is the end of a whole run. */
  restoring(): void;
  /** People's overrides, by device and by zone. */
  readonly overrides: ReadonlyMap<string, Override>;
  readonly zoneOverrides: ReadonlyMap<string, Override>;
  /** Remembers an override; `auto` forgets it. */
  setOverride(id: string, override: Override): Promise<void>;
  setZoneOverride(zone: string, override: Override): Promise<void>;
  /** What the persistent session on somebody else's broker is subscribed to, by client id. */
  filters(clientId: string): Promise<readonly string[]>;
  setFilters(clientId: string, filters: readonly string[]): Promise<void>;
  /** The actions of each device. */
  readonly actions: ReadonlyMap<string, StoredActions>;
  /** Not to be called for a device again before it is fulfilled. */
  setActions(id: string, actions: StoredActions): Promise<void>;
  /** Forgets a device's override and actions. */
  forget(id: string): Promise<void>;
  /** Where devices were announced to Home Assistant. */
  readonly discovery: DiscoveryMemory;
  /** A part of the database for readings. */
  readonly journal: JournalStore;
  /** A part of the database for the embedded broker. */
  readonly broker: BrokerStore;
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
    /** When they are given up, in ms since 1970. */
    readonly until: number;
  }[];
}

export type JournalStore = ReturnType<typeof journalStore>;

function journalStore(db: Database) {
  return db.sublevel<string, unknown>("journal", { valueEncoding: "json" });
}

export type BrokerStore = ReturnType<typeof brokerStore>;

function brokerStore(db: Database) {
  return db.sublevel<string, Buffer>("broker", { valueEncoding: "buffer" });
}

/**
 * Opens the data folder, and makes it when it is not there.
 * @throws StartError when it cannot be written, is damaged, or another server has it open.
 */
export async function openData(folder: string): Promise<DataFolder> {
  const location = join(folder, "db");
  const db: Database = new ClassicLevel<string, string>(location);
  try {
    await mkdir(folder, { recursive: true });
    await db.open();
    return await read(db);
  } catch (error) {
    await db.close().catch(() => {});
    throw new StartError(sentence(folder, location, error));
  }
}

function sentence(folder: string, location: string, error: unknown): string {
  const cause = (error as Error).cause ?? error;
  const code = codeOf(cause);
  if (code === "LEVEL_LOCKED")
    return `The data folder ${folder} is in use by another nightlight-server; stop that one, or choose another folder with --data.`;
  if (code === "LEVEL_CORRUPTION")
    return (
      `The data in ${location} is damaged (${textOf(cause)}); move that folder away to start afresh ` +
      `(overrides, retained messages and queues in it are lost), or choose another with --data.`
    );
  return `The data folder ${folder} cannot be used (${textOf(cause)}); make it writable, or choose another with --data.`;
}

const lasting = (mode: Override["mode"]): Override => ({ mode, until: undefined });

async function read(db: Database): Promise<DataFolder> {
  const state = db.sublevel<string, unknown>("state", { valueEncoding: "json" });
  const serverId = ((await state.get("server")) as string | undefined) ?? randomBytes(6).toString("hex");
  const before = ((await state.get("run")) as number | undefined) ?? 0;
  const ended = ((await state.get("ended")) as number | undefined) ?? 0;
  const run = before + 1;
  let whole = false;
  await state.batch([
    { type: "put", key: "server", value: serverId },
    { type: "put", key: "run", value: run },
  ]);
  /** All that is stored under a prefix that ends with ":". */
  async function stored<T>(prefix: string): Promise<Map<string, T>> {
    const found = new Map<string, T>();
    // ";" follows ":", so that the range is exactly the keys with the prefix
    for await (const [key, value] of state.iterator({ gte: prefix, lt: prefix.replace(":", ";") }))
      found.set(key.slice(prefix.length), value as T);
    return found;
  }
  async function overrides(prefix: string): Promise<Map<string, Override>> {
    const found = await stored<Override["mode"] | Override>(prefix);
    // 0.1.0 stored the mode alone
    return new Map(Array.from(found, ([key, value]) => [key, typeof value === "string" ? lasting(value) : value]));
  }
  const store = (key: string, override: Override): Promise<void> =>
    override.mode === "auto" ? state.del(key) : state.put(key, override);
  return {
    serverId,
    run,
    killed: ended !== before,
    restoring: () => void (whole = true),
    overrides: await overrides(MODE),
    zoneOverrides: await overrides(ZONE_MODE),
    setOverride: (id, override) => store(MODE + id, override),
    setZoneOverride: (zone, override) => store(ZONE_MODE + zone, override),
    filters: async (clientId) => ((await state.get("filters:" + clientId)) as string[] | undefined) ?? [],
    setFilters: (clientId, filters) => state.put("filters:" + clientId, filters),
    actions: await stored<StoredActions>(ACTIONS),
    setActions: (id, actions) => state.put(ACTIONS + id, actions),
    forget: (id) => state.batch([MODE, ACTIONS].map((prefix) => ({ type: "del" as const, key: prefix + id }))),
    discovery: {
      topics: [...(await stored<true>(DISCOVERY)).keys()],
      remember: (topic) => state.put(DISCOVERY + topic, true),
      forget: (topic) => state.del(DISCOVERY + topic),
    },
    journal: journalStore(db),
    broker: brokerStore(db),
    async close() {
      // when it cannot be written, the next run restores more than it had to
      if (whole) await state.put("ended", run).catch(() => {});
      await db.close();
    },
  };
}
