import { explainLamp } from "../devices/describe-device.js";
import type { DeviceChange, Device } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import { clock } from "../time/monotonic-clock.js";

/** Log lines by kind of change. Changes without a line are not logged. */
const LOG_LINES: Readonly<Partial<Record<DeviceChange, (device: Device) => string>>> = {
  appeared: ({ id }) => `New device: ${id}`,
  online: ({ id }) => `${id} is online`,
  offline: ({ id, status }) => `${id} is ${status?.updating ? "updating its program" : "offline"}`,
  "lamp-known": (device) => `${device.id} is ${formatLamp(device)}`,
  switched: (device) => `${device.id} is now ${formatLamp(device)}`,
  mode: ({ id, override: { mode, until } }) =>
    `${id} is ${mode === "auto" ? "on automatic again" : `kept ${mode}${formatUntil(until)}`}`,
  gap: ({ id, gaps }) => `${id}: ${gaps?.missing} ${gaps?.missing === 1 ? "reading is" : "readings are"} missing`,
};

/** Changes that readings cause. The log condenses them when they are frequent. */
const FREQUENT_CHANGES: ReadonlySet<DeviceChange> = new Set(["appeared", "lamp-known", "switched"]);

/** Writes a change of a device to the log. */
export function logChange(log: Log, device: Device, change: DeviceChange): void {
  const line = LOG_LINES[change];
  // A lamp whose state is known without a decision has no reason yet.
  if (!line || (change === "lamp-known" && !device.lamp)) return;
  const fields = { id: device.id, change };
  if (FREQUENT_CHANGES.has(change)) log.frequent("device", () => line(device), fields);
  else log[change === "gap" ? "warn" : "info"]("device", line(device), fields);
}

function formatLamp(device: Device): string {
  const reason = explainLamp(device);
  return `${device.led_on ? "on" : "off"}${reason ? `: ${reason}` : ""}`;
}

function formatUntil(until: number | undefined): string {
  return until === undefined ? "" : ` until ${new Date(clock.toWall(until)).toTimeString().slice(0, 5)}`;
}
