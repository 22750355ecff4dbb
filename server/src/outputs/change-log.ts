import type { DeviceChange, Device } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import { clock } from "../time/monotonic-clock.js";

/** Log lines by kind of change. Changes without a line are not logged. */
const LINES: Readonly<Partial<Record<DeviceChange, (device: Device) => string>>> = {
  appeared: ({ id }) => `New device: ${id}`,
  online: ({ id }) => `${id} is online`,
  offline: ({ id }) => `${id} is offline`,
  switched: ({ id, led_on, reason }) => `${id} is now ${led_on ? "on" : "off"}${reason ? `: ${reason}` : ""}`,
  mode: ({ id, override: { mode, until } }) =>
    `${id} is ${mode === "auto" ? "on automatic again" : `kept ${mode}${untilText(until)}`}`,
  gap: ({ id, gaps }) => `${id}: ${gaps?.missing} ${gaps?.missing === 1 ? "reading is" : "readings are"} missing`,
};

/** Changes that readings cause. The log condenses them when they are frequent. */
const FREQUENT: ReadonlySet<DeviceChange> = new Set(["appeared", "switched"]);

/** Writes a change of a device to the log. */
export function logChange(log: Log, device: Device, change: DeviceChange): void {
  const line = LINES[change];
  if (!line) return;
  const fields = { id: device.id, change };
  if (FREQUENT.has(change)) log.frequent("device", () => line(device), fields);
  else log[change === "gap" ? "warn" : "info"]("device", line(device), fields);
}

function untilText(until: number | undefined): string {
  return until === undefined ? "" : ` until ${new Date(clock.toWall(until)).toTimeString().slice(0, 5)}`;
}
