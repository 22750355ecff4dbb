import type { JournalStore } from "../../storage/data-folder.js";
import type { StoredBoot } from "../../devices/boots.js";
import type { Device } from "../../devices/devices.js";
import type { RestoreTargets } from "./replay.js";

type StoredPoint = readonly [time: number, light: number, led_on: boolean | null];
type StoredDevice = readonly [covered: number, boots: readonly StoredBoot[], points: readonly StoredPoint[]];
type Entry = [
  id: string,
  boot: number | null,
  seq: number,
  at: number | null,
  age: number | null,
  now: number,
  live: boolean,
  ...point: StoredPoint,
];
const LENGTH = 10;

/** Many at a time: there may be 100,000 devices. */
const AHEAD = { highWaterMarkBytes: 1_048_576 };

/** Reads the journal as it was before it had files of its own: in LevelDB. Gives the devices that are in it. */
export async function readLegacy(store: JournalStore, to: RestoreTargets): Promise<Set<Device>> {
  const { devices, recent } = to;
  const covered = new Map<Device, number>();
  for await (const [key, value] of store.iterator({ gte: "device:", lt: "device;", ...AHEAD })) {
    const device = devices.obtain(key.slice("device:".length));
    if (!device) break;
    const [upTo, boots, points] = value as StoredDevice;
    device.restoreBoots(boots);
    // before there was a log there were no points
    covered.set(device, points ? upTo : 0);
    for (const [time, light, led_on] of points ?? []) recent.add(device.id, { time, light, led_on, isDated: true });
  }
  const found = new Set(covered.keys());
  for await (const [key, value] of store.iterator({ gte: "log:", lt: "log;", ...AHEAD })) {
    const number = Number(key.slice("log:".length));
    const entries = value as Entry[number][];
    for (let at = 0; at < entries.length; at += LENGTH) {
      const entry = entries.slice(at, at + LENGTH) as Entry;
      const [id, boot, seq, ago, age, now, live, time, light, led_on] = entry;
      const point = { time, light, led_on, isDated: true };
      const known = devices.get(id);
      if (boot !== null) to.logged(known ?? { id, historyNumber: 0 }, point);
      if (known && (covered.get(known) ?? 0) >= number) continue;
      if (boot === null) {
        if (known && found.delete(known)) to.forget(known);
        continue;
      }
      const device = known ?? devices.obtain(id);
      if (!device) continue;
      device.obtainBoots().place(boot, seq, { light, at: ago ?? undefined, age: age ?? undefined }, now, live);
      recent.add(id, point);
      found.add(device);
    }
  }
  return found;
}
