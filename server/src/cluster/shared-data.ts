import { storedActions, type DataFolder } from "../data.js";
import { zoneId } from "../link/scope.js";
import type { Override } from "../override.js";
import type { State } from "../state/state.js";
import { storedOverride, type StoredOverride } from "../stored-override.js";
import type { StorageClock } from "../time/storage-clock.js";
import { KIND, type Records } from "./records.js";

/** Where devices were announced to Home Assistant. */
const DISCOVERY = "discovery";

/**
 * What a data folder remembers of devices and zones, where all servers find it. What is this server's own stays in its
 * folder. Nothing is there at the start: devices and zones come with the parts that this server gets.
 */
export async function sharedData(
  folder: DataFolder,
  state: State,
  records: Records,
  prefix: string,
  clock: StorageClock,
): Promise<DataFolder> {
  const storable = (override: Override): StoredOverride | undefined =>
    override.mode === "auto" ? undefined : storedOverride(override, clock);
  const discovery = state.shelf(DISCOVERY);
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
      topics: [...(await discovery.entries()).keys()],
      remember: (topics) => discovery.write(topics.map((topic) => [topic, true])),
      forget: (topic) => discovery.write([], [topic]),
    },
  };
}
