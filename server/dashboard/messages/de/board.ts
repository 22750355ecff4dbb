import type { TranslatedArea } from "../area.js";
import type { board as english } from "../en/board.js";

export const board: TranslatedArea<typeof english> = {
  decidedBy: "{decider}: ",
  about: "Über das Board",
  title: "Das Board",
  zone: "Zone",
  noZone: "keine; die Lampe folgt dem Lichtsensor dieses Boards",
  rule: "Regel",
  settings: "Einstellungen",
  settingsApplied: "vom Board übernommen",
  settingsPending: "gesendet; das Board hat sie noch nicht übernommen",
  lostReadings: "verlorene Messwerte",
  none: "keine",
  board: "Board",
  firmware: "Firmware",

  identify: "Blinken lassen",
  report: "Bericht anfordern",
  restart: "Neu starten …",
  forget: "Vergessen …",
  restartQuestion: "{board} neu starten?",
  restartConsequence: "Während des Neustarts behält die Lampe ihren Zustand oder ist einige Sekunden aus.",
  restartConfirmed: "Neu starten",
  forgetQuestion: "{board} vergessen?",
  forgetConsequence:
    "Das löscht auch seinen Verlauf, die Handschaltung und seine Einstellungen. Das Board erscheint wieder, wenn es einen Messwert sendet.",
  forgetSimulatedConsequence:
    "Das beendet auch die Simulation und löscht den Verlauf, die Handschaltung und die Einstellungen des Boards.",
  forgetConfirmed: "Vergessen",

  waitingForReply: "Warten auf die Antwort des Boards …",
  waitingForBoard: "Das Board ist offline. Es führt das aus, wenn es binnen einer Minute zurück ist. Warten …",
  noReply: "Das Board hat binnen einer Minute nicht geantwortet; es ist nichts geschehen.",
  refused: "Das Board hat abgelehnt: {reason}.",
  noReason: "kein Grund angegeben",
  blinks: "Das Board hat geantwortet: seine Lampe blinkt zwei Sekunden lang.",
  restarts: "Das Board startet neu.",
  reports: "Das Board meldet: {values}.",
  reportedLight: "Helligkeit {light}",
  uptime: "läuft seit {duration}",
  connections: { one: "{count} Verbindung", other: "{count} Verbindungen" },
  messagesRefused: { one: "{count} Nachricht abgelehnt", other: "{count} Nachrichten abgelehnt" },
  readingsWaiting: { one: "{count} Messwert wartet", other: "{count} Messwerte warten" },
  readingsLost: { one: "{count} Messwert verloren", other: "{count} Messwerte verloren" },
  programRestarted: "Programm {duration} nach dem Start des Boards neu gestartet",
};
