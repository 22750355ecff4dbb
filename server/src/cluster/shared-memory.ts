import type { DeviceMemory } from "../outputs/device-memory.js";
import { storedActions } from "../outputs/stored-actions.js";
import { zoneId } from "../transport/scope.js";
import type { Override } from "../devices/override.js";
import type { StateStore } from "../storage/state.js";
import { storedOverride, type StoredOverride } from "../decisions/stored-override.js";
import type { StorageClock } from "../time/storage-clock.js";
import { discoveryTopicProblem } from "./checks/stored.js";
import { PREFIX, type DeviceRecords } from "./device-records.js";

/** The collection of discovery topics. */
const DISCOVERY = "discovery";

export interface SharedMemoryOptions {
  readonly state: StateStore;
  readonly records: DeviceRecords;
  /** The topic prefix, with which the ids of zones begin. */
  readonly prefix: string;
  /** The clock of all stored times. */
  readonly clock: StorageClock;
  /** Reports data that no server stores. */
  reportDamage(collection: string, problem: string): void;
}

/**
 * The device memory of several servers, in Redis. It is empty at the start: a server loads devices and zones when it
 * becomes responsible for them.
 */
export async function sharedMemory({
  state,
  records,
  prefix,
  clock,
  reportDamage,
}: SharedMemoryOptions): Promise<DeviceMemory> {
  const storable = (override: Override): StoredOverride | undefined =>
    override.mode === "auto" ? undefined : storedOverride(override, clock);
  const discovery = state.collection(DISCOVERY);
  const topics = [...(await discovery.entries()).keys()].filter((topic) => {
    const problem = discoveryTopicProblem(topic);
    if (problem) reportDamage(DISCOVERY, `field ${topic}: ${problem}`);
    return !problem;
  });
  return {
    overrides: new Map(),
    zoneOverrides: new Map(),
    actions: new Map(),
    setOverride: (id, override) => records.put(id, PREFIX.override + id, storable(override)),
    setZoneOverride: (zone, override) =>
      records.put(zoneId(prefix, zone), PREFIX.zoneOverride + zone, storable(override)),
    setActions: (id, actions) => records.put(id, PREFIX.actions + id, storedActions(actions, clock)),
    async forget(id) {
      await Promise.all([PREFIX.override, PREFIX.actions].map((kind) => records.put(id, kind + id, undefined)));
    },
    discovery: {
      topics,
      remember: (topics) => discovery.write(topics.map((topic) => [topic, true])),
      forget: (topic) => discovery.write([], [topic]),
    },
  };
}
