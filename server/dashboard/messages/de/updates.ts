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
  failed: "{time}: {problem}",
  crashed:
    "Version {version} wurde schon einmal auf diesem Board installiert und ist wahrscheinlich abgestürzt ({time}). Sie stürzt vielleicht wieder ab.",
  progress: "Fortschritt des Updates",
  boardsOutdated: {
    one: "Für {count} Board ist ein Update verfügbar.",
    other: "Für {count} Boards sind Updates verfügbar.",
  },
  boardsOutdatedAgain: {
    one: "Für {count} Board ist eine neuere Version verfügbar.",
    other: "Für {count} Boards ist eine neuere Version verfügbar.",
  },
  updateAll: "Alle aktualisieren …",
  updateAllQuestion: { one: "{count} Board aktualisieren?", other: "{count} Boards aktualisieren?" },
  updateAllConsequence:
    "Zuerst ein Board, dann ein Zehntel, dann alle übrigen. Das Update hält an, wenn es auf mehr als 2 % der Boards fehlschlägt. Jedes Board misst einige Sekunden lang nicht.",
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
  leftOutOfRollBack: {
    one: "Beim Zurücknehmen wurde {count} Board ausgelassen.",
    other: "Beim Zurücknehmen wurden {count} Boards ausgelassen.",
  },
  notReturned: "Fehlgeschlagen: {boards}.",
  crashedOn:
    "Auf diesen Boards wurde die neue Version schon einmal installiert und ist wahrscheinlich abgestürzt: {boards}. Sie stürzt dort vielleicht wieder ab.",
  finished: "Update abgeschlossen ({time}): Auf {done} von {total} Boards läuft {versions}.",
  rolledBack: "Zurückgenommen ({time}): {done} von {total} Boards haben wieder ihre vorherige Version.",
  hide: "Ausblenden",
  stop: "Anhalten",
  resume: "Fortsetzen",
  rollBack: "Zurücknehmen …",
  rollBackQuestion: "Das Update zurücknehmen?",
  rollBackConsequence: {
    one: "{count} Board erhält wieder seine vorherige Version.",
    other: "{count} Boards erhalten wieder ihre vorherige Version.",
  },
  rollBackConfirmed: "Zurücknehmen",
};
