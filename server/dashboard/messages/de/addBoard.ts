import type { TranslatedArea } from "../area.js";
import type { addBoard as english } from "../en/addBoard.js";

export const addBoard: TranslatedArea<typeof english> = {
  name: "Name des Boards",
  nameHint: "Nur Buchstaben, Ziffern und . _ -. Die Id des Boards wird {id}.",
  byCommand: "Stattdessen mit Befehlen",
  address: "Adresse des Servers für das Board",
  addressHint: "Wähle die Adresse im Netz des Boards.",
  onlyHere: "Boards können diesen Server nicht erreichen, denn er ist nur auf diesem Rechner erreichbar.",
  listenWide: "Beende den Server und starte ihn so, dass dein Netz ihn erreicht:",
  listenWideSetting:
    "Starte den Server so, dass dein Netz ihn erreicht: Setze {setting} in seiner Konfigurationsdatei oder dort, wo dein Programm ihn startet.",
  needsAdministrator:
    "Ein Server, den dein Netz erreicht, braucht ein Konto: {link}. Oder lege es nach dem Neustart mit dem Code aus dem Protokoll an.",
  createAccount: "Konto anlegen",
  accountExplanation: "Das Konto darf nur die Topics dieses Boards benutzen.",
  askAdministrator: "Bitte einen Administrator, das Konto des Boards anzulegen.",
  otherBroker:
    "Die Boards dieses Servers verbinden sich mit einem anderen Broker, der eigene Konten hat. Setup fragt danach.",
  runSetup: "Verbinde das Board mit einem Rechner, auf dem Nightlight ausgecheckt ist, und führe dort aus:",
  runFlash: "Setup fragt nach dem WLAN. Bringe danach Programm und Einstellungen auf das Board:",
  shownOnce: "Das Konto {account} hat dieses Passwort, das nur jetzt zu sehen ist:",
  scan: "Der QR-Code enthält den Befehl für Setup, für ein Telefon oder einen anderen Rechner.",
  qrCode: "QR-Code mit dem Befehl für Setup",
  copy: "Kopieren",
  copied: "Kopiert",
  notCopied: "Bitte selbst kopieren",
  secretOnce: "Speichere es jetzt. Es ist später nicht mehr zu sehen.",
  done: "Fertig",
  withoutHardware: "Ohne Hardware",
  simulate: "Simuliertes Board hinzufügen",
  simulateQuestion: "{board} simulieren?",
  simulateConsequence:
    "Ein Board mit dieser Id hat sich schon gemeldet. Das simulierte Board würde seinen Namen, seinen Verlauf und seine Einstellungen übernehmen. Läuft das echte Board noch, beenden die beiden gegenseitig ihre Verbindung.",
  simulateConfirmed: "Simulieren",
  simulateExplanation:
    "Der Server führt die Firmware eines echten Boards in einer virtuellen Maschine aus, mit simuliertem Sensor und simulierter Lampe.",
  simulateHere: "Starte dort, wo dieser Server aus dem ausgecheckten Nightlight läuft, ein simuliertes Board:",
  anyClient:
    "Jeder MQTT-Client kann ein Board sein. Dieser Befehl sendet einen dunklen Messwert, also geht die Lampe an:",
  waiting: "Das Board erscheint hier, sobald es seinen ersten Messwert sendet.",
  arrived: "Das Board hat sich gemeldet: {link}.",
};
