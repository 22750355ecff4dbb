import type { TranslatedArea } from "../area.js";
import type { updates as english } from "../en/updates.js";

export const updates: TranslatedArea<typeof english> = {
  title: "Programm-Update",
  available: "Version {latest} ist verfügbar; auf diesem Board läuft {installed}.",
  current: "Auf diesem Board läuft die neueste Version, {installed}.",
  update: "Auf {version} aktualisieren",
  installPrevious: "Vorherige Version {version} installieren",
  giveUp: "Abbrechen",
  waiting: "Warten auf das Board …",
  handingOver: "Das Board bereitet sich vor …",
  writing: "Programm wird geschrieben: {percent} %",
  restarting: "Das Board startet das neue Programm …",
  done: "Auf dem Board läuft {version}.",
  progress: "Fortschritt des Updates",
  boardsOutdated: {
    one: "Für {count} Board ist ein Update verfügbar.",
    other: "Für {count} Boards sind Updates verfügbar.",
  },
  updateAll: "Alle aktualisieren …",
  updateAllQuestion: { one: "{count} Board aktualisieren?", other: "{count} Boards aktualisieren?" },
  updateAllConsequence:
    "Zuerst ein Board, dann ein Zehntel, dann alle übrigen. Das Update hält an, wenn auf mehr als 2 % der Boards danach nicht die neue Version läuft. Jedes Board misst einige Sekunden lang nicht.",
  updateAllConfirmed: "Aktualisieren",
  waveOne: "Erste Welle: ein Board.",
  waveTenth: "Zweite Welle: ein Zehntel der Boards.",
  waveAll: "Dritte Welle: alle übrigen Boards.",
  rollingBack: "Die vorherigen Versionen werden installiert.",
  stopped: "Das Update der Boards wurde angehalten.",
  counts: "{done} von {total} fertig, {failed} fehlgeschlagen, {skipped} ausgelassen.",
  leftOut: {
    one: "Das letzte Update aller Boards hat {count} Board ausgelassen.",
    other: "Das letzte Update aller Boards hat {count} Boards ausgelassen.",
  },
  notReturned: "Ohne die neue Version: {boards}.",
  stop: "Anhalten",
  resume: "Fortsetzen",
  rollBack: "Zurücknehmen …",
  rollBackQuestion: "Das Update zurücknehmen?",
  rollBackConsequence: "Alle aktualisierten Boards erhalten wieder ihre vorherige Version.",
  rollBackConfirmed: "Zurücknehmen",
};
