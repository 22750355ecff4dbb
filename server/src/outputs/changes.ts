import type { Change, Device } from "../devices/devices.js";
import type { HistorySwitch } from "../history/history.js";
import type { Log } from "../observability/log.js";
import { clock } from "../time/monotonic-clock.js";

/** What the log says of a change; of others it says nothing. */
const CHANGES: Readonly<Partial<Record<Change, (device: Device) => string>>> = {
  appeared: ({ id }) => `New device: ${id}`,
  online: ({ id }) => `${id} is online`,
  offline: ({ id }) => `${id} is offline`,
  switched: ({ id, led_on, reason }) => `${id} is now ${led_on ? "on" : "off"}${reason ? `: ${reason}` : ""}`,
  mode: ({ id, override: { mode, until } }) =>
    `${id} is ${mode === "auto" ? "on automatic again" : `kept ${mode}${untilText(until)}`}`,
  gap: ({ id, gaps }) => `${id}: ${gaps?.missing} ${gaps?.missing === 1 ? "reading is" : "readings are"} missing`,
};

/** Changes that readings bring about, and as often as they come. */
const OFTEN: ReadonlySet<Change> = new Set(["appeared", "switched"]);

/** Tells the log of a change. */
export function logChange(log: Log, device: Device, change: Change): void {
  const say = CHANGES[change];
  if (!say) return;
  const fields = { id: device.id, change };
  if (OFTEN.has(change)) log.often("device", () => say(device), fields);
  else log[change === "gap" ? "warn" : "info"]("device", say(device), fields);
}

function untilText(until: number | undefined): string {
  return until === undefined ? "" : ` until ${new Date(clock.toWall(until)).toTimeString().slice(0, 5)}`;
}

/** What the history says of a lamp that was switched just now. */
export function switchOf(device: Device): HistorySwitch {
  const { zone, override, status, reason } = device;
  const person = override.mode !== "auto" || (zone !== undefined && zone.override.mode !== "auto");
  return {
    time: clock.now(),
    led_on: device.led_on!,
    by: status?.decided_by === "device" ? "device" : person ? "person" : "server",
    reason: reason ?? "",
  };
}
