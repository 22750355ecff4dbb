import type { TranslatedArea } from "../area.js";
import type { zones as english } from "../en/zones.js";

export const zones: TranslatedArea<typeof english> = {
  noZones:
    "No hay zonas. Cada lámpara sigue el sensor de luz de su propia placa. En una zona, varios sensores deciden juntos por varias lámparas.",
  zone: "Zona {zone}",
  lampsOn: "lámparas encendidas",
  lampsOff: "lámparas apagadas",
  itsLampOn: "su lámpara está encendida",
  itsLampOff: "su lámpara está apagada",
  someLampsOn: { one: "{on} de {count} lámpara encendida", other: "{on} de {count} lámparas encendidas" },
  ruleOf: "{combine}; {rule}",
  sensors: "Sensores",
  lamps: "Lámparas",
  noReading: "sin lectura",
  stale: "sin datos recientes, se ignora",
  hoursOff: "Sigue la regla de {from} a {to} ({timeZone}); si no, apagada.",
  hoursOn: "Sigue la regla de {from} a {to} ({timeZone}); si no, encendida.",
};
