import { convertBoot } from "../../devices/boots.js";
import type { Device, Devices } from "../../devices/devices.js";
import type { HistoryDevice } from "../../history/history.js";
import type { KeptPoint, RecentReadings } from "../../history/recent.js";
import { clock } from "../../time/monotonic-clock.js";
import { readSegment } from "./read.js";
import type { Segment } from "./segment.js";
import { assignSegment } from "./segments.js";

/** The objects that the journal restores at the start. */
export interface RestoreTargets {
  readonly devices: Devices;
  readonly recent: RecentReadings;
  /** Called with each reading in the log. */
  readingRestored(device: HistoryDevice, point: KeptPoint): void;
  forget(device: Device): void;
}

/**
 * Restores the records of a segment.
 * @returns the number of readings, and the number of records (`unnamed`) whose device id was lost by damage
 */
export function replaySegment(
  segment: Segment,
  batches: readonly Buffer[],
  { devices, recent, readingRestored, forget }: RestoreTargets,
): { readings: number; unnamed: number } {
  let readings = 0;
  const unnamed = readSegment(batches, {
    reading: (id, reading, wallTime, live, written) => {
      readings++;
      const point = { ...written, isDated: true };
      const device = devices.obtain(id, true);
      readingRestored(device ?? { id, historyNumber: 0 }, point);
      if (!device) return;
      if (reading.boot !== undefined && reading.seq !== undefined)
        device.obtainBoots().placeReading(reading.boot, reading.seq, reading, clock.fromWall(wallTime), live);
      recent.add(id, point);
      device.rememberReading(point.time, point.light, point.led_on);
      if (!device.oldestSegment) assignSegment(device, segment);
    },
    snapshot: (id, boots, points) => {
      const device = devices.obtain(id, true);
      if (!device) return;
      // A device that sends no `boot` and `seq` has no boots to restore.
      if (boots.length > 0) device.restoreBoots(boots.map((boot) => convertBoot(boot, (time) => clock.fromWall(time))));
      recent.delete(id);
      for (const point of points) recent.add(id, { ...point, isDated: true });
      const last = points.at(-1);
      if (last) device.rememberReading(last.time, last.light, last.led_on);
      assignSegment(device, segment);
    },
    forget: (id) => {
      const device = devices.get(id);
      if (device) forget(device);
    },
  });
  return { readings, unnamed };
}
