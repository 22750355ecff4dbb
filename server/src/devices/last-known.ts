import type { Device, Devices } from "./devices.js";
import { textOf } from "../common/errors.js";
import type { History } from "../history/history.js";

/** Number of devices per query. Between two queries, the history can answer other queries. */
const DEVICES_PER_QUERY = 2000;

/**
 * Restores the last reading and the last lamp state of each device from the history, to show them to people. Does not
 * replace newer values. Decisions do not use the restored values. Never rejects.
 * @param changed called with each device whose displayed state has changed
 * @param warned called with a sentence for the log if the history cannot be read
 * @param signal stops the restoration
 */
export async function restoreLastKnown(
  history: Pick<History, "readLatest">,
  devices: Devices,
  changed: (device: Device) => void,
  warned: (problem: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await restoreFromHistory(history, devices, changed, signal);
  } catch (error) {
    if (!signal.aborted) warned(`Lamps may be shown as unknown until boards report: ${textOf(error)}`);
  }
}

async function restoreFromHistory(
  history: Pick<History, "readLatest">,
  devices: Devices,
  changed: (device: Device) => void,
  signal: AbortSignal,
): Promise<void> {
  const ids = Array.from(devices, ({ id }) => id);
  for (let from = 0; from < ids.length && !signal.aborted; from += DEVICES_PER_QUERY) {
    const slice = ids.slice(from, from + DEVICES_PER_QUERY);
    const found = await history.readLatest(slice);
    for (const [n, latest] of found.entries()) {
      const device = devices.get(slice[n]);
      if (!device || !latest) continue;
      const { time, light, switched, led_on } = latest;
      const before = device.displayedReading;
      // If the journal has restored the same reading, keep it, because the history rounds light to steps of 0.25.
      if (time !== undefined && light !== undefined && !(before.time !== undefined && before.time >= time))
        device.rememberReading(time, light, null);
      if (switched !== undefined && led_on !== undefined) device.rememberLamp(switched, led_on);
      const { light: lightNow, led_on: lampNow } = device.displayedReading;
      if (before.light !== lightNow || before.led_on !== lampNow) changed(device);
    }
  }
}
