import { storedActions, type DataFolder } from "../storage/data-folder.js";
import { zoneId } from "../transport/scope.js";
import type { Override } from "../devices/override.js";
import type { StateStore } from "../storage/state.js";
import { storedOverride, type StoredOverride } from "../decisions/stored-override.js";
import type { StorageClock } from "../time/storage-clock.js";
import { discoveryTopicProblem } from "./checks/stored.js";
import { KIND, type Records } from "./device-records.js";

/** Where devices were announced to Home Assistant. */
const DISCOVERY = "discovery";

export interface SharedDataOptions {
  readonly state: StateStore;
  readonly records: Records;
  /** What zones' ids begin with. */
  readonly prefix: string;
  /** With which everything is dated. */
  readonly clock: StorageClock;
  /** Something is there that no server stores. */
  damaged(shelf: string, problem: string): void;
}

/**
 * What a data folder remembers of devices and zones, where all servers find it. What is this server's own stays in its
 * folder. Nothing is there at the start: devices and zones come with the parts that this server gets.
 */
export async function sharedData(
  folder: DataFolder,
  { state, records, prefix, clock, damaged }: SharedDataOptions,
): Promise<DataFolder> {
  const storable = (override: Override): StoredOverride | undefined =>
    override.mode === "auto" ? undefined : storedOverride(override, clock);
  const discovery = state.collection(DISCOVERY);
  const topics = [...(await discovery.entries()).keys()].filter((topic) => {
    const problem = discoveryTopicProblem(topic);
    if (problem) damaged(DISCOVERY, `field ${topic}: ${problem}`);
    return !problem;
  });
  return {
    ...folder,
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
