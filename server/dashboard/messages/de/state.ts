import type { TranslatedArea } from "../area.js";
import type { state as english } from "../en/state.js";

export const state: TranslatedArea<typeof english> = {
  on: "an",
  off: "aus",
  unknown: "unbekannt",
  light: "Helligkeit von 1023",
  lastLight: "zuletzt, von 1023",
  lampOn: "Lampe an",
  lampOff: "Lampe aus",
  lampUnknown: "Lampe unbekannt",
  lampLastOn: "Lampe zuletzt an",
  lampLastOff: "Lampe zuletzt aus",

  noMessage: "noch keine Nachricht",
  online: "online",
  onlineSince: "online seit {time}",
  offline: "offline",
  offlineSince: "offline seit {time}",
  offlineLastSeen: "offline, zuletzt gesehen {time}",
  blinking: "blinkt",

  heldOn: "von Hand eingeschaltet",
  heldOff: "von Hand ausgeschaltet",
  boardDecides: "das Board entscheidet",
  serverDecides: "der Server entscheidet",
  boardAlone: "nicht erreichbar; wenn sein Programm läuft, entscheidet es selbst",
  outOfReach: "nicht erreichbar",
  zoneDecides: "Zone {zone} entscheidet",
  zoneHeldOn: "Zone {zone} von Hand eingeschaltet",
  zoneHeldOff: "Zone {zone} von Hand ausgeschaltet",
  noDecision: "Noch keine Entscheidung.",
  lastDecision: "letzte Entscheidung: {reason}",

  readingsMissing: { one: "{count} Messwert fehlt", other: "{count} Messwerte fehlen" },
  readingsDropped: { one: "{count} Messwert verworfen", other: "{count} Messwerte verworfen" },

  sensors: { one: "{count} Sensor", other: "{count} Sensoren" },
  someSensors: { one: "{usable} von {count} Sensor", other: "{usable} von {count} Sensoren" },
  median: "Median aus {sensors}",
  darkest: "Dunkelster aus {sensors}",
  brightest: "Hellster aus {sensors}",
  atLeast: "mindestens {number} aus {sensors} müssen dunkel melden",
  rule: "an unter {threshold}, sonst aus",
  ruleWithHysteresis: "an unter {threshold}, aus ab {upper}",
};
