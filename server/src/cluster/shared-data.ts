import type { DeviceMemory } from "../outputs/device-memory.js";
import { storedActions } from "../outputs/stored-actions.js";
import { zoneId } from "../transport/scope.js";
import type { Override } from "../devices/override.js";
import type { State } from "../storage/state.js";
import { storedOverride, type StoredOverride } from "../decisions/stored-override.js";
import type { StorageClock } from "../time/storage-clock.js";
import { discoveryTopicProblem } from "./checks/stored.js";
import { KIND, type Records } from "./device-records.js";

/** Where devices were announced to Home Assistant. */
const DISCOVERY = "discovery";

export interface SharedMemoryOptions {
  readonly state: State;
  readonly records: Records;
  /** What zones' ids begin with. */
  readonly prefix: string;
  /** With which everything is dated. */
  readonly clock: StorageClock;
  /** Something is there that no server stores. */
  damaged(shelf: string, problem: string): void;
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
  damaged,
}: SharedMemoryOptions): Promise<DeviceMemory> {
  const storable = (override: Override): StoredOverride | undefined =>
    override.mode === "auto" ? undefined : storedOverride(override, clock);
  const discovery = state.shelf(DISCOVERY);
  const topics = [...(await discovery.entries()).keys()].filter((topic) => {
    const problem = discoveryTopicProblem(topic);
    if (problem) damaged(DISCOVERY, `field ${topic}: ${problem}`);
    return !problem;
  });
  return {
    overrides: new Map(),
    zoneOverrides: new Map(),
    actions: new Map(),
    setOverride: (id, override) => records.put(id, KIND.override + id, storable(override)),
    setZoneOverride: (zone, override) =>
      records.put(zoneId(prefix, zone), KIND.zoneOverride + zone, storable(override)),
    setActions: (id, actions) => records.put(id, KIND.actions + id, storedActions(actions, clock)),
    async forget(id) {
      await Promise.all([KIND.override, KIND.actions].map((kind) => records.put(id, kind + id, undefined)));
    },
    discovery: {
      topics,
      remember: (topics) => discovery.write(topics.map((topic) => [topic, true])),
      forget: (topic) => discovery.write([], [topic]),
    },
  };
}
