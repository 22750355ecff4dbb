import type { TranslatedArea } from "../area.js";
import type { page as english } from "../en/page.js";

export const page: TranslatedArea<typeof english> = {
  separator: ", ",
  titleOf: "{view} · Nightlight",
  skip: "Zu den Boards springen",
  incomplete: "Die Seite wurde nicht vollständig geladen. Lade sie neu, wenn der Server läuft.",
  connecting: "verbindet",
  live: "live",
  connectionLost: "Verbindung seit {time} unterbrochen, verbindet neu",
  views: "Ansichten",
  boards: "Boards",
  zones: "Zonen",
  people: "Personen",
  addBoard: "Board hinzufügen",
  alerts: "Meldungen",
  noAlerts: "Keine offenen Meldungen",
  openAlerts: { one: "{count} offene Meldung", other: "{count} offene Meldungen" },
  addresses: "MQTT-Adressen",
  language: "Sprache",
  lightTheme: "Helles Design",
  darkTheme: "Dunkles Design",
  help: "Hilfe",
  logOut: "Abmelden",
  logOutFailed: "Das Abmelden ist fehlgeschlagen; du bist weiterhin angemeldet. {problem}",
  readOnly: "{name} hat nur Leserechte.",
  cancel: "Abbrechen",
  allBoards: "← Alle Boards",
  unknownBoard: "Es gibt kein Board {id}. Es erscheint hier, sobald es seinen ersten Messwert sendet.",

  boardCount: { one: "{count} Board", other: "{count} Boards" },
  offlineCount: { one: "{count} offline", other: "{count} offline" },
  lampsOnCount: { one: "{count} Lampe an", other: "{count} Lampen an" },
  lampsSwitched: {
    one: "{count} Lampe hat geschaltet: {on} an, {off} aus",
    other: "{count} Lampen haben geschaltet: {on} an, {off} aus",
  },
  lampSwitched: "{board}: {lamp}",

  unreachable: "Der Server ist nicht erreichbar; läuft er noch?",
  httpStatus: "Der Server hat mit {status} geantwortet.",
  noEvents: "Es kommen keine Ereignisse an. Vielleicht hält ein Proxy zwischen dieser Seite und dem Server sie zurück.",

  contested: "Mehrfach benutzte Client-IDs",
  contestedByTwo: "Zwei Clients benutzen die Client-ID „{id}“.",
  contestedBySeveral: "Mehrere Clients benutzen die Client-ID „{id}“.",
  contestedByTwoOfAccount: "Zwei Clients benutzen die Client-ID „{id}“ des Kontos {account}.",
  contestedBySeveralOfAccount: "Mehrere Clients benutzen die Client-ID „{id}“ des Kontos {account}.",
  contestedDetail: {
    one: "Jede Verbindung beendet die andere: einmal in der letzten Minute. Gib einem von ihnen eine andere Client-ID.",
    other:
      "Jede Verbindung beendet die andere: {count}-mal in der letzten Minute. Gib einem von ihnen eine andere Client-ID.",
  },
  contestedDetailFrom: {
    one: "Jede Verbindung beendet die andere: einmal in der letzten Minute, von {addresses}. Gib einem von ihnen eine andere Client-ID.",
    other:
      "Jede Verbindung beendet die andere: {count}-mal in der letzten Minute, von {addresses}. Gib einem von ihnen eine andere Client-ID.",
  },
  moreContested: { one: "Und {count} weitere Client-ID.", other: "Und {count} weitere Client-IDs." },
};
