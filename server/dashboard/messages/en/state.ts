/** Texts that describe the state of boards, lamps and zones. All views use them. */

import type { Area } from "../area.js";

export const state = {
  on: "on",
  off: "off",
  unknown: "unknown",
  light: "light of 1023",
  lastLight: "last, of 1023",
  lampOn: "lamp on",
  lampOff: "lamp off",
  lampUnknown: "lamp unknown",
  lampLastOn: "lamp on when last seen",
  lampLastOff: "lamp off when last seen",

  noMessage: "no message yet",
  online: "online",
  onlineSince: "online since {time}",
  offline: "offline",
  offlineSince: "offline since {time}",
  offlineLastSeen: "offline, last seen {time}",
  blinking: "blinking",

  heldOn: "switched on by hand",
  heldOff: "switched off by hand",
  boardDecides: "board decides",
  serverDecides: "server decides",
  boardAlone: "out of reach; if its program runs, it decides by itself",
  outOfReach: "out of reach",
  zoneDecides: "zone {zone} decides",
  zoneHeldOn: "zone {zone} switched on by hand",
  zoneHeldOff: "zone {zone} switched off by hand",
  noDecision: "No decision yet.",
  lastDecision: "last decision: {reason}",

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
