import type { Lamp } from "../../../contract/index.js";
import { restoredActions, type StoredActions } from "../data.js";
import { zoneId } from "../link/scope.js";
import type { State } from "../state/state.js";
import { restoredOverride, type StoredOverride } from "../stored-override.js";
import type { StorageClock } from "../time/storage-clock.js";
import type { StoredDevice, StoredZone } from "./custody.js";
import { slotOf, type Links } from "./ownership.js";
import { KIND, shelfOf, type DeviceRecord } from "./records.js";

/** What is remembered of devices, by id, and of zones, by name. */
export interface Stock {
  readonly devices: Map<string, StoredDevice>;
  readonly zones: Map<string, StoredZone>;
}

/**
 * Reads what is remembered of these parts.
 * @param links what zones link is stored where each by itself belongs, and read one by one
 * @param prefix what zones' ids begin with
 * @param clock by which it was dated
 */
export async function readStock(
  state: State,
  slots: ReadonlySet<number>,
  links: Links,
  prefix: string,
  clock: StorageClock,
): Promise<Stock> {
  const stock: Stock = { devices: new Map(), zones: new Map() };
  const parts = Array.from(slots, async (slot) => {
    const entries = await state.shelf(shelfOf(slot)).entries();
    const ids = new Set(Array.from(entries.keys(), (key) => key.slice(1)));
    for (const id of ids) {
      const get = (kind: string): unknown => entries.get(kind + id);
      const device = deviceOf(get(KIND.device), get(KIND.override), get(KIND.actions), clock);
      if (device && links.slotOf(id) === slot) stock.devices.set(id, device);
    }
  });
  const groups = [...links.groups].filter(({ slot }) => slots.has(slot));
  const linked = groups.flatMap(({ ids }) =>
    ids.map(async (id) => {
      const shelf = state.shelf(shelfOf(slotOf(id)));
      const [record, override, actions] = await Promise.all(
        [KIND.device, KIND.override, KIND.actions].map((kind) => shelf.get(kind + id)),
      );
      const device = deviceOf(record, override, actions, clock);
      if (device) stock.devices.set(id, device);
    }),
  );
  const zones = groups.flatMap((group) =>
    group.zones.map(async (name) => {
      const shelf = state.shelf(shelfOf(slotOf(zoneId(prefix, name))));
      const [lamp, override] = await Promise.all([KIND.zone, KIND.zoneOverride].map((kind) => shelf.get(kind + name)));
      stock.zones.set(name, {
        lamp: lamp === undefined ? undefined : ownLamp(lamp as Lamp, clock),
        override: override === undefined ? undefined : restoredOverride(override as StoredOverride, clock),
      });
    }),
  );
  await Promise.all([...parts, ...linked, ...zones]);
  return stock;
}

/** A zone's lamp as it was stored, with its time by this server's clock. */
const ownLamp = ({ led_on, since }: Lamp, clock: StorageClock): Lamp => ({ led_on, since: clock.fromWall(since) });

function deviceOf(record: unknown, override: unknown, actions: unknown, clock: StorageClock): StoredDevice | undefined {
  if (record === undefined && override === undefined && actions === undefined) return undefined;
  return {
    record: record as DeviceRecord | undefined,
    override: override === undefined ? undefined : restoredOverride(override as StoredOverride, clock),
    actions: actions === undefined ? undefined : restoredActions(actions as StoredActions, clock),
  };
}
