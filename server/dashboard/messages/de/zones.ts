import type { TranslatedArea } from "../area.js";
import type { zones as english } from "../en/zones.js";

export const zones: TranslatedArea<typeof english> = {
  noZones:
    "Es gibt keine Zonen. Jede Lampe folgt dem Lichtsensor ihres eigenen Boards. In einer Zone entscheiden mehrere Sensoren gemeinsam für mehrere Lampen.",
  zone: "Zone {zone}",
  lampsOn: "Lampen an",
  lampsOff: "Lampen aus",
  itsLampOn: "ihre Lampe ist an",
  itsLampOff: "ihre Lampe ist aus",
  someLampsOn: { one: "{on} von {count} Lampe an", other: "{on} von {count} Lampen an" },
  ruleOf: "{combine}; {rule}",
  sensors: "Sensoren",
  lamps: "Lampen",
  noReading: "kein Messwert",
  stale: "veraltet, ignoriert",
  hoursOff: "Folgt der Regel von {from} bis {to} ({timeZone}); sonst aus.",
  hoursOn: "Folgt der Regel von {from} bis {to} ({timeZone}); sonst an.",
};
