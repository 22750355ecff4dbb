/** What is said of a board, in the same words wherever it is shown. */

import type { ContestedClientId, Device, Zone } from "./api.js";
import { when } from "./clock.js";
import type { BoardModel } from "./model.js";
import { count, listed } from "./words.js";
import type { Zones } from "./zones.js";

export function lampText(lamp: boolean | null): string {
  return lamp === null ? "lamp unknown" : lamp ? "lamp on" : "lamp off";
}

export function lightText(device: Device | undefined): string {
  return device?.light == null ? "–" : String(Math.round(device.light));
}

/** Whether it is there, and since when; and whether it blinks. */
export function stateText(model: BoardModel): string {
  return model.device?.blinking ? `${presenceText(model)} · blinking` : presenceText(model);
}

function presenceText({ device, since }: BoardModel): string {
  if (!device) return "not heard of yet";
  const state = device.online ? "online" : "offline";
  if (since !== undefined) return `${state} since ${when(since)}`;
  if (device.online || device.last_seen === null) return state;
  return `${state}, last seen ${when(Date.parse(device.last_seen))}`;
}

/** Who decides for its lamp. */
export function decidesText({ device }: BoardModel, zones: Zones): string {
  if (!device) return "";
  if (device.mode !== "auto") return `held ${device.mode}`;
  if (device.decided_by === "device") return "board decides";
  if (device.zone === null) return "server decides";
  const zone = zones.get(device.zone);
  return `zone ${zone?.label ?? device.zone} ${zone && zone.mode !== "auto" ? `held ${zone.mode}` : "decides"}`;
}

/** Why its lamp is as it is; "" when nothing was decided. That it is in a zone is said beside it. */
export function reasonText(device: Device | undefined): string {
  const reason = device?.reason ?? "";
  const zone = `zone ${device?.zone}: `;
  return reason.startsWith(zone) ? reason.slice(zone.length) : reason;
}

/** The readings that it lost; "" when there is none. */
export function missingText(device: Device | undefined): string {
  const { missing = 0, dropped = 0 } = device ?? {};
  const parts = [];
  if (missing > 0) parts.push(`${count(missing, "reading")} missing`);
  if (dropped > 0) parts.push(`${count(dropped, "reading")} dropped`);
  return parts.join(" · ");
}

/** How a zone's sensors come down to one level. */
export function combineText({ combine, at_least, sensors }: Zone): string {
  const heard = sensors.filter((sensor) => !sensor.stale && sensor.light !== null).length;
  const of = heard === sensors.length ? count(heard, "sensor") : `${heard} of ${count(sensors.length, "sensor")}`;
  if (combine === "median") return `median of ${of}`;
  if (combine === "any") return `darkest of ${of}`;
  if (combine === "all") return `brightest of ${of}`;
  return `at least ${at_least} of ${count(sensors.length, "sensor")} must be dark`;
}

/** Where the rule switches. */
export function ruleText({ threshold, hysteresis }: Pick<Device, "threshold" | "hysteresis">): string {
  if (hysteresis === 0) return `on below ${threshold}, off from there on`;
  return `on below ${threshold}, off from ${threshold + hysteresis} on`;
}

/** Says that two clients use one client id. */
export function contestedTitle({ client_id, account, addresses }: ContestedClientId): string {
  const clients = addresses.length > 2 ? "Several" : "Two";
  return `${clients} clients use the client id "${client_id}"${account === null ? "" : ` of the account ${account}`}.`;
}

/** Says what that does, from where, and what to do about it. */
export function contestedDetail({ addresses, takeovers }: ContestedClientId): string {
  const often = takeovers === 1 ? "once" : `${takeovers} times`;
  const from = addresses.length === 0 ? "" : `, from ${listed(addresses)}`;
  return `Each connection ends the other: ${often} in the last minute${from}. Give one of them another client id.`;
}
