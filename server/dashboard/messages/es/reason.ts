import type { TranslatedArea } from "../area.js";
import type { reason as english } from "../en/reason.js";

export const reason: TranslatedArea<typeof english> = {
  personKeepsLampOn: "una persona mantiene la lámpara encendida",
  personKeepsLampOff: "una persona mantiene la lámpara apagada",
  personKeepsZoneOn: "una persona mantiene la zona encendida",
  personKeepsZoneOff: "una persona mantiene la zona apagada",
  boardAlone: "la placa decide sola: no pudo contactar con el servidor",
  boardReportsOn: "la placa informa de que su lámpara está encendida",
  boardReportsOff: "la placa informa de que su lámpara está apagada",
  boardReportedOn: "la placa informó más tarde de que su lámpara estaba encendida",
  boardReportedOff: "la placa informó más tarde de que su lámpara estaba apagada",
  inZone: "zona {zone}: {reason}",

  light: "luz {light}",
  median: { one: "mediana {light} de {count} sensor", other: "mediana {light} de {count} sensores" },
  darkest: { one: "el más oscuro {light} de {count} sensor", other: "el más oscuro {light} de {count} sensores" },
  brightest: { one: "el más claro {light} de {count} sensor", other: "el más claro {light} de {count} sensores" },
  darkestNumber: {
    one: "el más oscuro n.º {number} {light} de {count} sensor",
    other: "el más oscuro n.º {number} {light} de {count} sensores",
  },
  below: "{light} < {limit}",
  belowButOff: "{light} < {limit}, pero apagada al menos {duration}",
  above: "{light} ≥ {limit}",
  belowUpper: "{light} < {limit}, donde se apaga",
  aboveButOn: "{light} ≥ {limit}, pero encendida al menos {duration}",
  staleLeftOut: {
    one: "{reason}; {count} sensor sin datos recientes excluido",
    other: "{reason}; {count} sensores sin datos recientes excluidos",
  },

  onOutside: "encendida fuera de {from} a {to} ({timeZone})",
  offOutside: "apagada fuera de {from} a {to} ({timeZone})",
  noSensor: {
    one: "ningún sensor informa, {count} sin datos recientes; se queda como está",
    other: "ningún sensor informa, {count} sin datos recientes; se queda como está",
  },
  tooFewSensors: {
    one: "informan {reporting} de los {needed} sensores necesarios, {count} sin datos recientes; se queda como está",
    other: "informan {reporting} de los {needed} sensores necesarios, {count} sin datos recientes; se queda como está",
  },
};
