import { idProblem, type Lamp } from "../../../contract/index.js";
import { fromStoredActions, type StoredActions } from "../outputs/stored-actions.js";
import { zoneIdOf } from "../transport/scope.js";
import type { Collection, StateStore } from "../storage/state.js";
import type { Override } from "../devices/override.js";
import { restoreOverride, type StoredOverride } from "../decisions/stored-override.js";
import type { StorageClock } from "../time/storage-clock.js";
import { actionsProblem, lampProblem, overrideProblem, recordProblem } from "./checks/stored.js";
import type { StoredDevice, StoredZone } from "./handover.js";
import { slotOf, type ZoneGroups } from "./ownership.js";
import { FIELD_PREFIX, collectionOf, type DeviceRecord } from "./device-records.js";

/** Stored devices, by id, and stored zones, by name. */
export interface LoadedShards {
  readonly devices: Map<string, StoredDevice>;
  readonly zones: Map<string, StoredZone>;
}

export interface ShardOptions {
  readonly state: StateStore;
  /**
   * The zone groups. The slot of a group differs from the slots in which its devices are stored, so each device of a
   * group is read separately.
   */
  readonly zoneGroups: ZoneGroups;
  /** The topic prefix at the beginning of every zone id. */
  readonly prefix: string;
  /** The shared clock, which converts stored times to monotonic times. */
  readonly clock: StorageClock;
  /** Returns whether this server handles a device, according to its topic prefix and its setting `ids`. */
  isInScope(id: string): boolean;
  /** Called for each damaged value in Redis. The value is then skipped. */
  reportDamage(collection: string, problem: string): void;
}

const FIELD_PREFIXES: ReadonlySet<string> = new Set(Object.values(FIELD_PREFIX));

/**
 * Loads the devices and zones of some slots from Redis. Skips damaged values, but loads the other values of a device.
 */
export async function loadShards(
  slots: ReadonlySet<number>,
  { state, zoneGroups, prefix, clock, isInScope: owns, reportDamage }: ShardOptions,
): Promise<LoadedShards> {
  const stock: LoadedShards = { devices: new Map(), zones: new Map() };
  const now = clock.toWall(clock.now());

  /** Validates a value. Reports a damaged value and returns undefined. */
  function checked<T>(collection: string, key: string, value: unknown, problemOf: CheckValue): T | undefined {
    if (value === undefined) return undefined;
    const problem = problemOf(value, now);
    if (!problem) return value as T;
    reportDamage(collection, `field ${key}: ${problem}`);
    return undefined;
  }

  function overrideOf(collection: string, key: string, value: unknown): Override | undefined {
    const stored = checked<StoredOverride>(collection, key, value, overrideProblem);
    return stored && restoreOverride(stored, clock);
  }

  function deviceOf(collection: string, id: string, [record, override, actions]: readonly unknown[]): void {
    const pending = checked<StoredActions>(collection, FIELD_PREFIX.actions + id, actions, actionsProblem);
    const device: StoredDevice = {
      record: checked<DeviceRecord>(collection, FIELD_PREFIX.device + id, record, recordProblem),
      override: overrideOf(collection, FIELD_PREFIX.override + id, override),
      actions: pending && fromStoredActions(pending, clock),
    };
    if (device.record || device.override || device.actions) stock.devices.set(id, device);
  }

  const parts = Array.from(slots, async (slot) => {
    const name = collectionOf(slot);
    const entries = await state.collection(name).entries();
    const ids = new Set<string>();
    for (const key of entries.keys()) {
      const kind = key.slice(0, 1);
      const id = key.slice(1);
      if (kind === FIELD_PREFIX.zone || kind === FIELD_PREFIX.zoneOverride) continue;
      const problem = FIELD_PREFIXES.has(kind) ? placeProblem(id, slot, owns) : "no server stores such a field";
      if (problem) reportDamage(name, `field ${key}: ${problem}`);
      else if (zoneGroups.slotOf(id) === slot) ids.add(id);
    }
    for (const id of ids)
      deviceOf(
        name,
        id,
        DEVICE_FIELD_PREFIXES.map((kind) => entries.get(kind + id)),
      );
  });
  const groups = [...zoneGroups.groups].filter(({ slot }) => slots.has(slot));
  const linked = groups.flatMap(({ ids }) =>
    ids.map(async (id) => {
      const name = collectionOf(slotOf(id));
      deviceOf(name, id, await readValues(state.collection(name), DEVICE_FIELD_PREFIXES, id));
    }),
  );
  const zones = groups.flatMap((group) =>
    group.zones.map(async (zone) => {
      const name = collectionOf(slotOf(zoneIdOf(prefix, zone)));
      const [lamp, override] = await readValues(state.collection(name), ZONE_FIELD_PREFIXES, zone);
      const known = checked<Lamp>(name, FIELD_PREFIX.zone + zone, lamp, lampProblem);
      stock.zones.set(zone, {
        lamp: known && { ...known, since: clock.fromWall(known.since) },
        override: overrideOf(name, FIELD_PREFIX.zoneOverride + zone, override),
      });
    }),
  );
  await Promise.all([...parts, ...linked, ...zones]);
  return stock;
}

type CheckValue = (value: unknown, now: number) => string;

const DEVICE_FIELD_PREFIXES = [FIELD_PREFIX.device, FIELD_PREFIX.override, FIELD_PREFIX.actions];
const ZONE_FIELD_PREFIXES = [FIELD_PREFIX.zone, FIELD_PREFIX.zoneOverride];

const readValues = (collection: Collection, kinds: readonly string[], name: string): Promise<unknown[]> =>
  Promise.all(kinds.map((kind) => collection.get(kind + name)));

/** Explains why a device may not be stored in a slot. @returns "" if it may */
function placeProblem(id: string, slot: number, isInScope: (id: string) => boolean): string {
  if (idProblem(id)) return idProblem(id);
  if (slotOf(id) !== slot) return `it belongs to ${collectionOf(slotOf(id))}`;
  return isInScope(id) ? "" : "the device is not one of this server's prefix or ids";
}
