import type { TranslatedArea } from "../area.js";
import type { alerts as english } from "../en/alerts.js";

export const alerts: TranslatedArea<typeof english> = {
  open: "Offen",
  noneOpen: "Alles ist in Ordnung.",
  resolved: "Erledigt",
  noneResolved: "Noch keine Meldung hat sich erledigt.",
  since: "seit {time}",
  fromTo: "{from} bis {to} ({duration})",

  boardOffline: "{board} ist offline",
  zoneWithoutSensor: "Zone {zone} hat keinen aktuellen Sensor",
  boardLost: { one: "{board} hat {count} Messwert verloren", other: "{board} hat {count} Messwerte verloren" },
  historyLost: "Der Verlauf hat Messwerte verloren",
  storageFailing: "Daten können nicht gespeichert werden",
  brokerDisconnected: "Die Verbindung zum Broker ist unterbrochen",
  rolloutStopped: "Das Update aller Boards wurde angehalten",

  refusals: "Abgelehnt",
  noRefusals: "Seit dem Start des Servers wurde keine Nachricht abgelehnt.",
  refusedOn: "{sender}: {topic}",
  refusedTimes: { one: "{count} Mal, {time}", other: "{count} Mal, zuletzt {time}" },
  notAllowedAdvice:
    "Das Konto {account} darf das nicht. Wenn es das soll, ändere seine Rolle unter Personen. Home Assistant braucht die Rolle Home Assistant.",
  badLoginAdvice:
    "Prüfe Benutzername und Passwort im Client. Unter Personen kannst du ein neues Passwort setzen. Ein Board ohne Konto bekommt eines unter „Board hinzufügen“.",
  badMessageAdvice:
    "Korrigiere das Programm, das diese Nachricht sendet. Der Vertrag in der Dokumentation beschreibt jede Nachricht.",
  unknownDeviceAdvice: "Prüfe die Id des Boards im Topic. Der Server kennt ein Board ab seinem ersten Messwert.",
  limitAdvice: "Lass den Client weniger senden, oder erhöhe die Grenze in der Konfigurationsdatei.",

  messages: "Benachrichtigungen",
  ntfy: "ntfy",
  webhook: "Webhook",
  delivered: { one: "{count} Nachricht zugestellt", other: "{count} Nachrichten zugestellt" },
  waiting: { one: "{count} Meldung wartet", other: "{count} Meldungen warten" },
  test: "Testnachricht senden",
  testing: "Wird gesendet …",
  tested: "Die Testnachricht wurde zugestellt.",
  nowhere:
    "Meldungen erscheinen bisher nur auf dieser Seite. Der Server kann sie auch an ein Telefon oder ein anderes Programm senden.",
  howNtfy:
    "Für ein Telefon installiere die App {link}, lass dir unten ein Thema vorschlagen und abonniere es in der App. Für Home Assistant und andere Programme gib die URL eines Webhooks ein.",

  ntfyTopic: "ntfy-Thema",
  ntfyTopicHelp: "URL des Themas. Wer das Thema kennt, kann die Meldungen lesen.",
  webhookUrl: "Webhook",
  webhookUrlHelp: "URL, die Meldungen als JSON per POST empfängt.",
  after: "Melden nach",
  afterHelp: "So lange muss ein Problem andauern.",
  page: "Adresse dieser Seite",
  pageHelp: "Für Links in Nachrichten, zum Beispiel https://lights.example.org.",
  propose: "Thema vorschlagen",
  subscribe:
    "Abonniere dieses Thema in der App ntfy. Wenn du diese Ansicht verlassen hast, zeigt die Seite es nicht mehr an.",
};
