/** Texts that describe boards, zones and client ids. All views use the same ones. */

import type { ContestedClientId, Device, Zone } from "./api.js";
import { formatTime } from "./clock.js";
import { count, joinWithAnd } from "./formatting.js";
import type { BoardModel } from "./model.js";
import type { Zones } from "./zones.js";

export function lampText(lamp: boolean | null): string {
  return lamp === null ? "lamp unknown" : lamp ? "lamp on" : "lamp off";
}

export function lightText(device: Device | undefined): string {
  return device?.light == null ? "–" : String(Math.round(device.light));
}

/** Says whether a board is online, since when, and whether its lamp blinks. */
export function stateText(model: BoardModel): string {
  return model.device?.blinking ? `${presenceText(model)} · blinking` : presenceText(model);
}

function presenceText({ device, since }: BoardModel): string {
  if (!device) return "no message yet";
  const state = device.online ? "online" : "offline";
  if (since !== undefined) return `${state} since ${formatTime(since)}`;
  if (device.online || device.last_seen === null) return state;
  return `${state}, last seen ${formatTime(Date.parse(device.last_seen))}`;
}

/** Says who decides about a board's lamp. */
export function decidesText({ device }: BoardModel, zones: Zones): string {
  if (!device) return "";
  if (device.mode !== "auto") return `held ${device.mode}`;
  if (device.decided_by === "device") return "board decides";
  if (device.zone === null) return "server decides";
  const zone = zones.get(device.zone);
  return `zone ${zone?.label ?? device.zone} ${zone && zone.mode !== "auto" ? `held ${zone.mode}` : "decides"}`;
}

/** Returns why a lamp is on or off; "" before the first decision. Omits the zone's name, which views show separately. */
export function reasonText(device: Device | undefined): string {
  const reason = device?.reason ?? "";
  const zone = `zone ${device?.zone}: `;
  return reason.startsWith(zone) ? reason.slice(zone.length) : reason;
}

/** Says how many readings of a device were lost; "" if none were. */
export function missingText(device: Device | undefined): string {
  const { missing = 0, dropped = 0 } = device ?? {};
  const parts = [];
  if (missing > 0) parts.push(`${count(missing, "reading")} missing`);
  if (dropped > 0) parts.push(`${count(dropped, "reading")} dropped`);
  return parts.join(" · ");
}

/** Says how a zone combines its sensors. */
export function combineText({ combine, at_least, sensors }: Zone): string {
  const usable = sensors.filter((sensor) => !sensor.stale && sensor.light !== null).length;
  const of = usable === sensors.length ? count(usable, "sensor") : `${usable} of ${count(sensors.length, "sensor")}`;
  if (combine === "median") return `median of ${of}`;
  if (combine === "any") return `darkest of ${of}`;
  if (combine === "all") return `brightest of ${of}`;
  return `at least ${at_least} of ${count(sensors.length, "sensor")} must be dark`;
}

/** Says at which light levels the lamp switches. */
export function ruleText({ threshold, hysteresis }: Pick<Device, "threshold" | "hysteresis">): string {
  if (hysteresis === 0) return `on below ${threshold}, off otherwise`;
  return `on below ${threshold}, off at ${threshold + hysteresis} or more`;
}

/** Says that several clients use the same client id. */
export function contestedTitle({ client_id, account, addresses }: ContestedClientId): string {
  const clients = addresses.length > 2 ? "Several" : "Two";
  return `${clients} clients use the client id "${client_id}"${account === null ? "" : ` of the account ${account}`}.`;
}

/** Says how often clients with the same id disconnected each other, from which addresses, and what to do. */
export function contestedDetail({ addresses, takeovers }: ContestedClientId): string {
  const often = takeovers === 1 ? "once" : `${takeovers} times`;
  const from = addresses.length === 0 ? "" : `, from ${joinWithAnd(addresses)}`;
  return `Each connection ends the other: ${often} in the last minute${from}. Give one of them another client id.`;
}
