import type { TranslatedArea } from "../area.js";
import type { overview as english } from "../en/overview.js";

export const overview: TranslatedArea<typeof english> = {
  noBoard: "Noch kein Board",
  noBoardExplanation: "Ein Board erscheint hier, sobald es den ersten Messwert sendet. Wähle einen dieser Schritte:",
  nextSimulate: "Ein Board simulieren",
  nextSimulateExplanation: "Führe dies in einem zweiten Terminal aus, im selben Ordner von Nightlight:",
  nextBoard: "Ein echtes Board verbinden",
  nextBoardExplanation:
    "{link} zeigt die Einstellungen des Boards und die Befehle, die sie und das Programm auf das Board schreiben.",
  nextPublish: "Ein beliebiges MQTT-Programm verwenden",
  nextPublishExplanation:
    "Eine Helligkeit von 200 ist dunkel. Deshalb antwortet der Server mit einem Befehl, der die Lampe einschaltet.",
  nextAccount: "Dieser Server verlangt Konten: Lege zuerst eines für das Programm an, wie für ein echtes Board.",
  connectTo: "verbinden mit",
  publishTo: "senden an",
  theMessage: "die Nachricht",

  search: "Board suchen",
  show: "Zeigen",
  showAllBoards: "alle",
  showOffline: "offline",
  showLampOn: "Lampe an",
  showOverridden: "von Hand geschaltet",
  showMissing: "fehlende Messwerte",
  sort: "Sortieren",
  sortByName: "nach Name",
  sortByProblems: "Probleme zuerst",
  sortByDarkest: "dunkelste zuerst",
  sortByBrightest: "hellste zuerst",
  found: "{found} von {all} gezeigt",
  noMatch: "Kein Board passt. {button}",
  showAll: "Alle zeigen",

  boards: "Boards",
  inNoZone: "In keiner Zone",
  zoneUndecided: "unentschieden",
  zoneOnAtLight: "an bei Helligkeit {light}",
  zoneOffAtLight: "aus bei Helligkeit {light}",

  threeMinutesAgo: "vor 3 Min.",
  now: "jetzt",
  plot: "Helligkeit in den letzten 3 Minuten",
  plotEmpty: "Keine Messwerte in den letzten 3 Minuten",
  plotSummary: "Helligkeit in den letzten 3 Minuten: von {low} bis {high}; Lampe {duration} an; Schwelle {threshold}",
};
