/** Texts of the view of all zones. */

import type { Area } from "../area.js";

export const zones = {
  noZones:
    "There are no zones. Each lamp follows the light sensor of its own board. In a zone, several sensors decide together for several lamps.",
  zone: "Zone {zone}",
  lampsOn: "lamps on",
  lampsOff: "lamps off",
  itsLampOn: "its lamp is on",
  itsLampOff: "its lamp is off",
  someLampsOn: { one: "{on} of {count} lamp on", other: "{on} of {count} lamps on" },
  ruleOf: "{combine}; {rule}",
  sensors: "Sensors",
  lamps: "Lamps",
  noReading: "no reading",
  stale: "stale, ignored",
  hoursOff: "Follows the rule from {from} to {to} ({timeZone}); otherwise off.",
  hoursOn: "Follows the rule from {from} to {to} ({timeZone}); otherwise on.",
} as const satisfies Area;
