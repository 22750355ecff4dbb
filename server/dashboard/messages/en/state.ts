/** Texts that describe the state of boards, lamps and zones. All views use them. */

import type { Area } from "../area.js";

export const state = {
  on: "on",
  off: "off",
  unknown: "unknown",
  light: "light",
  lampOn: "lamp on",
  lampOff: "lamp off",
  lampUnknown: "lamp unknown",

  noMessage: "no message yet",
  online: "online",
  onlineSince: "online since {time}",
  offline: "offline",
  offlineSince: "offline since {time}",
  offlineLastSeen: "offline, last seen {time}",
  blinking: "blinking",

  heldOn: "held on",
  heldOff: "held off",
  boardDecides: "board decides",
  serverDecides: "server decides",
  zoneDecides: "zone {zone} decides",
  zoneHeldOn: "zone {zone} held on",
  zoneHeldOff: "zone {zone} held off",
  noDecision: "No decision yet.",

  readingsMissing: { one: "{count} reading missing", other: "{count} readings missing" },
  readingsDropped: { one: "{count} reading dropped", other: "{count} readings dropped" },

  sensors: { one: "{count} sensor", other: "{count} sensors" },
  someSensors: { one: "{usable} of {count} sensor", other: "{usable} of {count} sensors" },
  median: "median of {sensors}",
  darkest: "darkest of {sensors}",
  brightest: "brightest of {sensors}",
  atLeast: "at least {number} of {sensors} must be dark",
  rule: "on below {threshold}, off otherwise",
  ruleWithHysteresis: "on below {threshold}, off at {upper} or more",
} as const satisfies Area;
