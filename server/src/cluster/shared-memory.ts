import type { DeviceMemory } from "../outputs/device-memory.js";
import { toStoredActions } from "../outputs/stored-actions.js";
import { zoneIdOf } from "../transport/scope.js";
import type { Override } from "../devices/override.js";
import type { StateStore } from "../storage/state.js";
import { toStoredOverride, type StoredOverride } from "../decisions/stored-override.js";
import type { StorageClock } from "../time/storage-clock.js";
import { discoveryTopicProblem } from "./checks/stored.js";
import { FIELD_PREFIX, type DeviceRecords } from "./device-records.js";

/** The name of the Redis hash that stores the discovery topics of Home Assistant. */
const DISCOVERY_HASH = "discovery";

export interface SharedMemoryOptions {
  readonly state: StateStore;
  readonly records: DeviceRecords;
  /** The topic prefix at the beginning of every zone id. */
  readonly prefix: string;
  /** The shared clock, which converts stored times to monotonic times. */
  readonly clock: StorageClock;
  /** Called for each damaged value in Redis. */
  reportDamage(collection: string, problem: string): void;
}

/**
 * Creates the memory of overrides and actions in Redis, which all servers share. The memory is empty at the start,
 * because a server loads devices and zones when it becomes their owner.
 */
export async function createSharedMemory({
  state,
  records,
  prefix,
  clock,
  reportDamage,
}: SharedMemoryOptions): Promise<DeviceMemory> {
  const toStorable = (override: Override): StoredOverride | undefined =>
    override.mode === "auto" ? undefined : toStoredOverride(override, clock);
  const discovery = state.collection(DISCOVERY_HASH);
  const topics = [...(await discovery.entries()).keys()].filter((topic) => {
    const problem = discoveryTopicProblem(topic);
    if (problem) reportDamage(DISCOVERY_HASH, `field ${topic}: ${problem}`);
    return !problem;
  });
  return {
    overrides: new Map(),
    zoneOverrides: new Map(),
    actions: new Map(),
    setOverride: (id, override) => records.put(id, FIELD_PREFIX.override + id, toStorable(override)),
    setZoneOverride: (zone, override) =>
      records.put(zoneIdOf(prefix, zone), FIELD_PREFIX.zoneOverride + zone, toStorable(override)),
    setActions: (id, actions) => records.put(id, FIELD_PREFIX.actions + id, toStoredActions(actions, clock)),
    async forget(id) {
      await Promise.all(
        [FIELD_PREFIX.override, FIELD_PREFIX.actions].map((kind) => records.put(id, kind + id, undefined)),
      );
    },
    discovery: {
      topics,
      remember: (topics) => discovery.write(topics.map((topic) => [topic, true])),
      forget: (topic) => discovery.write([], [topic]),
    },
  };
}
