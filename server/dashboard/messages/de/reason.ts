import type { TranslatedArea } from "../area.js";
import type { reason as english } from "../en/reason.js";

export const reason: TranslatedArea<typeof english> = {
  personKeepsLampOn: "jemand hält die Lampe an",
  personKeepsLampOff: "jemand hält die Lampe aus",
  personKeepsZoneOn: "jemand hält die Zone an",
  personKeepsZoneOff: "jemand hält die Zone aus",
  boardAlone: "das Board entscheidet allein: es konnte den Server nicht erreichen",
  boardReportsOn: "das Board meldet, dass seine Lampe an ist",
  boardReportsOff: "das Board meldet, dass seine Lampe aus ist",
  boardReportedOn: "das Board hat später gemeldet, dass seine Lampe an war",
  boardReportedOff: "das Board hat später gemeldet, dass seine Lampe aus war",
  inZone: "Zone {zone}: {reason}",

  light: "Helligkeit {light}",
  median: { one: "Median {light} aus {count} Sensor", other: "Median {light} aus {count} Sensoren" },
  darkest: { one: "Dunkelster {light} aus {count} Sensor", other: "Dunkelster {light} aus {count} Sensoren" },
  brightest: { one: "Hellster {light} aus {count} Sensor", other: "Hellster {light} aus {count} Sensoren" },
  darkestNumber: {
    one: "Dunkelster Nr. {number} {light} aus {count} Sensor",
    other: "Dunkelster Nr. {number} {light} aus {count} Sensoren",
  },
  below: "{light} < {limit}",
  belowButOff: "{light} < {limit}, aber mindestens {duration} aus",
  above: "{light} ≥ {limit}",
  belowUpper: "{light} < {limit}, der Ausschaltschwelle",
  aboveButOn: "{light} ≥ {limit}, aber mindestens {duration} an",
  staleLeftOut: {
    one: "{reason}; {count} veralteter Sensor ausgelassen",
    other: "{reason}; {count} veraltete Sensoren ausgelassen",
  },

  onOutside: "an außerhalb von {from} bis {to} ({timeZone})",
  offOutside: "aus außerhalb von {from} bis {to} ({timeZone})",
  noSensor: {
    one: "kein Sensor meldet, {count} ist veraltet; bleibt, wie es ist",
    other: "kein Sensor meldet, {count} sind veraltet; bleibt, wie es ist",
  },
  tooFewSensors: {
    one: "{reporting} von {needed} nötigen Sensoren melden, {count} ist veraltet; bleibt, wie es ist",
    other: "{reporting} von {needed} nötigen Sensoren melden, {count} sind veraltet; bleibt, wie es ist",
  },
};
