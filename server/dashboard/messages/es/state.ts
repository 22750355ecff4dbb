import type { TranslatedArea } from "../area.js";
import type { state as english } from "../en/state.js";

export const state: TranslatedArea<typeof english> = {
  on: "encendida",
  off: "apagada",
  unknown: "desconocido",
  light: "luz de 1023",
  lastLight: "última, de 1023",
  lampOn: "lámpara encendida",
  lampOff: "lámpara apagada",
  lampUnknown: "estado de la lámpara desconocido",
  lampLastOn: "lámpara encendida la última vez",
  lampLastOff: "lámpara apagada la última vez",

  noMessage: "aún sin mensajes",
  online: "conectada",
  onlineSince: "conectada desde {time}",
  offline: "sin conexión",
  offlineSince: "sin conexión desde {time}",
  offlineLastSeen: "sin conexión, último mensaje: {time}",
  blinking: "parpadea",

  heldOn: "encendida a mano",
  heldOff: "apagada a mano",
  boardDecides: "decide la placa",
  serverDecides: "decide el servidor",
  boardAlone: "fuera de alcance; si su programa funciona, decide sola",
  outOfReach: "fuera de alcance",
  zoneDecides: "decide la zona {zone}",
  zoneHeldOn: "zona {zone} encendida a mano",
  zoneHeldOff: "zona {zone} apagada a mano",
  noDecision: "Aún no hay ninguna decisión.",
  lastDecision: "última decisión: {reason}",

  readingsMissing: { one: "falta {count} lectura", other: "faltan {count} lecturas" },
  readingsDropped: { one: "{count} lectura descartada", other: "{count} lecturas descartadas" },

  sensors: { one: "{count} sensor", other: "{count} sensores" },
  someSensors: { one: "{usable} de {count} sensor", other: "{usable} de {count} sensores" },
  median: "mediana de {sensors}",
  darkest: "el más oscuro de {sensors}",
  brightest: "el más claro de {sensors}",
  atLeast: "al menos {number} de {sensors} deben estar a oscuras",
  rule: "encendida por debajo de {threshold}; si no, apagada",
  ruleWithHysteresis: "encendida por debajo de {threshold}, apagada a partir de {upper}",
};
