import { restoreOverride, toStoredOverride, type StoredOverride } from "../decisions/stored-override.js";
import type { Override } from "../devices/override.js";
import type { NamedValues } from "../storage/data-folder.js";
import { clock } from "../time/monotonic-clock.js";
import { fromStoredActions, toStoredActions, type StoredActions } from "./stored-actions.js";

/** Overrides, actions and discovery topics, which survive a restart. Every method resolves when the change is stored. */
export interface DeviceMemory {
  /** The overrides of lamps that were stored before the start, by device id. */
  readonly overrides: ReadonlyMap<string, Override>;
  /** The overrides of zones that were stored before the start, by zone name. */
  readonly zoneOverrides: ReadonlyMap<string, Override>;
  /** Stores the override of a lamp; `auto` deletes it. */
  setOverride(id: string, override: Override): Promise<void>;
  /** Stores the override of a zone; `auto` deletes it. */
  setZoneOverride(zone: string, override: Override): Promise<void>;
  /** The actions that were stored before the start, by device id. */
  readonly actions: ReadonlyMap<string, StoredActions>;
  /** Stores the actions of a device. Wait for the result before storing actions of the same device again. */
  setActions(id: string, actions: StoredActions): Promise<void>;
  /** Deletes the override and the actions of a device. */
  forget(id: string): Promise<void>;
  readonly discovery: DiscoveryMemory;
}

/**
 * The topics of the retained discovery messages of all runs of the server. They are stored, because the server can
 * remove an entity from Home Assistant only through its discovery topic.
 */
export interface DiscoveryMemory {
  /** The discovery topics of earlier runs. */
  readonly topics: Iterable<string>;
  remember(topics: readonly string[]): Promise<void>;
  forget(topic: string): Promise<void>;
}

const MODE_PREFIX = "mode:";
const ZONE_MODE_PREFIX = "zone-mode:";
const ACTIONS_PREFIX = "actions:";
const DISCOVERY_PREFIX = "discovery:";

/** Opens the device memory of a single server, which is stored in the server's data folder. */
export function openDeviceMemory(values: NamedValues): DeviceMemory {
  const convertValues = <T, R>(stored: Map<string, T>, restore: (value: T) => R): Map<string, R> =>
    new Map(Array.from(stored, ([key, value]) => [key, restore(value)]));
  const restoreOverrides = (prefix: string): Map<string, Override> =>
    convertValues(values.entriesWithPrefix<StoredOverride>(prefix), (stored) => restoreOverride(stored, clock));
  const setOverride = (name: string, override: Override): Promise<void> =>
    override.mode === "auto" ? values.delete(name) : values.put(name, toStoredOverride(override, clock));
  return {
    overrides: restoreOverrides(MODE_PREFIX),
    zoneOverrides: restoreOverrides(ZONE_MODE_PREFIX),
    setOverride: (id, override) => setOverride(MODE_PREFIX + id, override),
    setZoneOverride: (zone, override) => setOverride(ZONE_MODE_PREFIX + zone, override),
    actions: convertValues(values.entriesWithPrefix<StoredActions>(ACTIONS_PREFIX), (stored) =>
      fromStoredActions(stored, clock),
    ),
    setActions: (id, actions) => values.put(ACTIONS_PREFIX + id, toStoredActions(actions, clock)),
    forget: (id) => values.delete(MODE_PREFIX + id, ACTIONS_PREFIX + id),
    discovery: {
      topics: [...values.entriesWithPrefix<true>(DISCOVERY_PREFIX).keys()],
      async remember(topics) {
        await Promise.all(topics.map((topic) => values.put(DISCOVERY_PREFIX + topic, true)));
      },
      forget: (topic) => values.delete(DISCOVERY_PREFIX + topic),
    },
  };
}
