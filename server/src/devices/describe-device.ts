/** Describes a device as people see it, on the page and in the API. */

import { clock } from "../time/monotonic-clock.js";
import type { DeviceView } from "./device-view.js";
import type { Device } from "./device.js";
import { BOARD_REASON, explainLampState, explainOverride, explainRule } from "./reason.js";

/** Returns why the lamp is on or off, in a sentence for people; null before the first decision. */
export function explainLamp(device: Device): string | null {
  const { override, zone, lamp, light } = device;
  if (device.status?.decided_by === "device") return BOARD_REASON;
  if (device.hasOtherLampState) return explainLampState(device.led_on!);
  if (override.mode !== "auto") return explainOverride(override.mode, "the lamp");
  if (zone) return zone.reason && `zone ${zone.policy.name}: ${zone.reason}`;
  return lamp && light !== undefined ? explainRule(device.rule, lamp, light) : null;
}

/** Returns the view of a device that the API, the event stream and the dashboard share. */
export function toDeviceView(device: Device): DeviceView {
  const { override, status } = device;
  const { light, led_on, time } = device.displayedReading;
  // Until the first reading after a restart, show the time of the restored reading, so that people see how old it is.
  const isOld = device.light === undefined && time !== undefined;
  const seen = isOld ? time : device.lastSeen && clock.toWall(device.lastSeen);
  return {
    id: device.id,
    online: device.online === true,
    light: light ?? null,
    led_on: led_on ?? null,
    blinking: device.isBlinking,
    decided_by: status?.decided_by ?? "server",
    last_seen: seen ? toIsoDate(seen) : null,
    since: device.since === undefined ? null : toIsoDate(clock.toWall(device.since)),
    missing: device.gaps?.missing ?? 0,
    dropped: status?.dropped ?? 0,
    mode: override.mode,
    until: override.until === undefined ? null : toIsoDate(clock.toWall(override.until)),
    reason: explainLamp(device),
    label: device.label ?? device.id,
    zone: device.zone?.policy.name ?? null,
    threshold: device.rule.threshold,
    hysteresis: device.rule.hysteresis,
    heartbeat: device.heartbeat,
    config_applied: status?.config === undefined ? null : status.config === device.revision,
    ...(device.update !== undefined && { update: device.update }),
    ...(status?.board !== undefined && { board: status.board }),
    ...(status?.firmware !== undefined && { firmware: status.firmware }),
  };
}

/**
 * Formats a time in ISO 8601.
 * @param time in ms since 1970
 */
const toIsoDate = (time: number): string => new Date(time).toISOString();
