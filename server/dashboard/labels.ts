/** Texts that describe boards, zones and client ids. All views use these texts. */

import type { ContestedClientId, Device, Mode, Zone } from "./api.js";
import { formatTime, formatTimeOfDay } from "./clock.js";
import type { Refusal } from "./events/protocol.js";
import { formatLight, joinWithAnd } from "./messages/locale.js";
import { message } from "./messages/message.js";
import type { BoardModel } from "./model.js";
import { translateReason } from "./reasons.js";
import type { Zones } from "./zones.js";

export function describeLamp(lamp: boolean | null): string {
  return message(lamp === null ? "state.lampUnknown" : lamp ? "state.lampOn" : "state.lampOff");
}

/** Returns the state of a board's lamp as text; for an unreachable board, the last known state. */
export function describeBoardLamp({ lamp, isLampKnown }: BoardModel): string {
  if (isLampKnown || lamp === null) return describeLamp(lamp);
  return message(lamp ? "state.lampLastOn" : "state.lampLastOff");
}

/** Returns a lamp's state as one word. */
export function formatLampState(lamp: boolean | null): string {
  return message(lamp === null ? "state.unknown" : lamp ? "state.on" : "state.off");
}

export function formatLightLevel(source: Pick<Device | Zone, "light"> | undefined): string {
  return source?.light == null ? "–" : formatLight(Math.round(source.light));
}

/** Returns the label of a board's light level. */
export function lightLabelOf(device: Device | undefined): string {
  return message(device?.online === false ? "state.lastLight" : "state.light");
}

/** Returns a text that says whether a board is online, since when, and whether its lamp blinks. */
export function describeBoardState(model: BoardModel): string {
  return model.device?.blinking ? `${describePresence(model)} · ${message("state.blinking")}` : describePresence(model);
}

function describePresence({ device, since }: BoardModel): string {
  if (!device) return message("state.noMessage");
  const time = since === undefined ? "" : formatTime(since);
  if (device.online) return time === "" ? message("state.online") : message("state.onlineSince", { time });
  if (time !== "") return message("state.offlineSince", { time });
  if (device.last_seen === null) return message("state.offline");
  return message("state.offlineLastSeen", { time: formatTime(Date.parse(device.last_seen)) });
}

/** Returns a text that says that a person decides about a lamp. */
export function describeOverride(mode: Exclude<Mode, "auto">): string {
  return message(mode === "on" ? "state.heldOn" : "state.heldOff");
}

/** Returns a text that says who decides about a board's lamp. */
export function describeDecider({ device }: BoardModel, zones: Zones): string {
  if (!device) return "";
  // While offline, a board with Nightlight's firmware decides alone, and a lesson device leaves its lamp unchanged.
  if (!device.online) return message(device.firmware === undefined ? "state.outOfReach" : "state.boardAlone");
  if (device.mode !== "auto") return describeOverride(device.mode);
  if (device.decided_by === "device") return message("state.boardDecides");
  if (device.zone === null) return message("state.serverDecides");
  const { label: zone, mode } = zones.get(device.zone) ?? { label: device.zone, mode: "auto" };
  if (mode === "auto") return message("state.zoneDecides", { zone });
  return message(mode === "on" ? "state.zoneHeldOn" : "state.zoneHeldOff", { zone });
}

/** Returns why a lamp is on or off; "" before the first decision. Omits the zone's name, which views show separately. */
export function describeReason(device: Device | undefined): string {
  const reason = device?.reason ?? "";
  // eslint-disable-next-line no-restricted-syntax -- the server begins the reason with these words
  const zone = `zone ${device?.zone}: `;
  const text = translateReason(reason.startsWith(zone) ? reason.slice(zone.length) : reason);
  return device?.online === false && text !== "" ? message("state.lastDecision", { reason: text }) : text;
}

/** Returns a text that says how many readings of a device were lost; "" if none were. */
export function describeLostReadings(device: Device | undefined): string {
  const { missing = 0, dropped = 0 } = device ?? {};
  const parts = [];
  if (missing > 0) parts.push(message("state.readingsMissing", { count: missing }));
  if (dropped > 0) parts.push(message("state.readingsDropped", { count: dropped }));
  return parts.join(" · ");
}

/** Returns a text that says how a zone combines its sensors. */
export function describeCombination({ combine, at_least, sensors }: Zone): string {
  const count = sensors.length;
  const usable = sensors.filter((sensor) => !sensor.stale && sensor.light !== null).length;
  if (combine === "at_least")
    return message("state.atLeast", { number: at_least, sensors: message("state.sensors", { count }) });
  const used = usable === count ? message("state.sensors", { count }) : message("state.someSensors", { usable, count });
  const key = ({ median: "state.median", any: "state.darkest", all: "state.brightest" } as const)[combine];
  return message(key, { sensors: used });
}

/** Returns a text that says at which light levels the lamp switches. */
export function describeRule({ threshold, hysteresis }: Pick<Device, "threshold" | "hysteresis">): string {
  if (hysteresis === 0) return message("state.rule", { threshold: formatLight(threshold) });
  const upper = formatLight(threshold + hysteresis);
  return message("state.ruleWithHysteresis", { threshold: formatLight(threshold), upper });
}

/** Returns a text that says when a zone follows its rule; "" if it always does. */
export function describeHours({ hours }: Zone): string {
  if (!hours) return "";
  const values = { from: formatTimeOfDay(hours.from), to: formatTimeOfDay(hours.to), timeZone: hours.time_zone };
  return message(hours.outside === "on" ? "zones.hoursOn" : "zones.hoursOff", values);
}

/** Returns a text that says that several clients use the same client id. */
export function formatContestedIdTitle({ client_id: id, account, addresses }: ContestedClientId): string {
  const several = addresses.length > 2;
  if (account === null) return message(several ? "page.contestedBySeveral" : "page.contestedByTwo", { id });
  return message(several ? "page.contestedBySeveralOfAccount" : "page.contestedByTwoOfAccount", { id, account });
}

/** Returns a text that says how often clients with the same id disconnected each other, from which addresses, and what to do. */
export function formatContestedDetails({ addresses, takeovers: count }: ContestedClientId): string {
  if (addresses.length === 0) return message("page.contestedDetail", { count });
  return message("page.contestedDetailFrom", { count, addresses: joinWithAnd(addresses) });
}

/** Returns a text that says why the server sends no events. */
export function describeRefusal({ status, problem }: Refusal): string {
  if (status === 0) return message("page.noEvents");
  return problem ?? message("page.httpStatus", { status: String(status) });
}
