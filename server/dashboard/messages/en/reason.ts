/** Reasons of decisions. The server sends them in English, in exactly these words. */

import type { Area } from "../area.js";

export const reason = {
  personKeepsLampOn: "a person keeps the lamp on",
  personKeepsLampOff: "a person keeps the lamp off",
  personKeepsZoneOn: "a person keeps the zone on",
  personKeepsZoneOff: "a person keeps the zone off",
  boardAlone: "the board decides alone: it could not reach the server",
  boardReportsOn: "the board reports that its lamp is on",
  boardReportsOff: "the board reports that its lamp is off",
  boardReportedOn: "the board reported later that its lamp was on",
  boardReportedOff: "the board reported later that its lamp was off",
  inZone: "zone {zone}: {reason}",

  light: "light {light}",
  median: { one: "median {light} of {count} sensor", other: "median {light} of {count} sensors" },
  darkest: { one: "darkest {light} of {count} sensor", other: "darkest {light} of {count} sensors" },
  brightest: { one: "brightest {light} of {count} sensor", other: "brightest {light} of {count} sensors" },
  darkestNumber: {
    one: "no. {number} darkest {light} of {count} sensor",
    other: "no. {number} darkest {light} of {count} sensors",
  },
  below: "{light} < {limit}",
  belowButOff: "{light} < {limit}, but off for at least {duration}",
  above: "{light} ≥ {limit}",
  belowUpper: "{light} < {limit}, where it goes off",
  aboveButOn: "{light} ≥ {limit}, but on for at least {duration}",
  staleLeftOut: { one: "{reason}; {count} stale left out", other: "{reason}; {count} stale left out" },

  onOutside: "on outside {from} to {to} ({timeZone})",
  offOutside: "off outside {from} to {to} ({timeZone})",
  noSensor: {
    one: "no sensor tells, {count} is stale; left as it is",
    other: "no sensor tells, {count} are stale; left as it is",
  },
  tooFewSensors: {
    one: "{reporting} of the {needed} sensors that are needed tell, {count} is stale; left as it is",
    other: "{reporting} of the {needed} sensors that are needed tell, {count} are stale; left as it is",
  },
} as const satisfies Area;
