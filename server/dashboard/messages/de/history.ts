import type { TranslatedArea } from "../area.js";
import type { history as english } from "../en/history.js";

export const history: TranslatedArea<typeof english> = {
  title: "Verlauf",
  timeRange: "Zeitraum",
  earlier: "Früher",
  later: "Später",
  day: "Tag",
  now: "jetzt",
  plot: "Diagramm der Helligkeit. Mit den Pfeiltasten bewegst du dich zwischen den Messwerten.",
  light: "Helligkeit",
  lampOn: "Lampe an",
  threshold: "Schwelle",
  hysteresis: "Hysterese",
  noReadings: "keine Messwerte",
  showTable: "Messwerte als Tabelle zeigen",
  readings: "Messwerte",
  time: "Zeit",
  lightColumn: "Helligkeit",
  lowest: "Kleinste",
  highest: "Größte",
  lamp: "Lampe",
  download: "Als CSV herunterladen",
  notStored: "Dieser Server speichert keinen Verlauf. Das Diagramm zeigt nur die neuesten Messwerte.",

  readingAt: "{time}: Helligkeit {light}; {lamp}",
  readingsAt: "{time}: Helligkeit {low} bis {high}, zuletzt {last}, {readings}; {lamp}",
  readingCount: { one: "{count} Messwert", other: "{count} Messwerte" },
  empty: "Keine Messwerte in diesem Zeitraum.",
  summary: "{readings}: Helligkeit von {low} bis {high}; {lamp}; {gaps}.",
  neverOn: "die Lampe war nie an",
  timesOn: {
    one: "die Lampe war {duration} an, {count}-mal",
    other: "die Lampe war {duration} an, {count}-mal",
  },
  noGap: "keine Lücke",
  gaps: {
    one: "{count} Lücke ohne Messwerte, insgesamt {duration}",
    other: "{count} Lücken ohne Messwerte, insgesamt {duration}",
  },

  switches: "Schaltvorgänge",
  noSwitch: "Die Lampe hat in diesem Zeitraum nicht geschaltet.",
  byServer: "durch den Server",
  byPerson: "durch eine Person",
  byBoard: "durch das Board",
};
