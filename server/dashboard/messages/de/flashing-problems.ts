import type { TranslatedArea } from "../area.js";
import type { flashingProblems as english } from "../en/flashing-problems.js";

export const flashingProblems: TranslatedArea<typeof english> = {
  portLost:
    "Das Board hat seinen USB-Anschluss verlassen: Das Kabel hat sich gelöst, oder das Board wurde zurückgesetzt.",
  portBusy:
    "Der Anschluss ließ sich nicht öffnen: Ein anderes Programm oder ein anderer Tab benutzt ihn, oder dieser Benutzer darf ihn nicht öffnen.",
  portAccess: "Dieser Benutzer darf den Anschluss nicht öffnen.",
  portClosed: "Der Anschluss ließ sich nicht öffnen ({reason}).",
  chipSilent: "Der Chip antwortet nicht.",
  chipRuns: "Der Chip ist nicht in seinen Bootloader gestartet: Stattdessen läuft sein Programm.",
  chipReceivesNothing: "Der Chip ist in seinem Bootloader, empfängt aber nichts von diesem Computer.",
  flashDiffers: "Die Daten im Flash-Speicher des Boards weichen von den gesendeten ab ({reason}).",
  flashDefective: "Der Chip konnte seinen Flash-Speicher nicht beschreiben ({reason}).",
  transferInterrupted: "Die Übertragung zum Board wurde unterbrochen ({reason}).",
  noRuntime: "Das Board antwortet nicht wie ein Board mit der Laufzeitumgebung von DeviceScript.",
  notAccepted: "Das Board hat das Programm oder eine Einstellung nicht angenommen ({reason}).",
  noScan: "Das Board hat nicht gemeldet, welche Netze es sieht.",
  notStarted: "Das Programm auf dem Board ist nicht gestartet.",
  crashed: "Das Programm auf dem Board ist abgestürzt: {reason}",
  wifiUnseen: "Das Board sieht das Netz „{network}“ nicht.",
  wifiRefused: "Das Board konnte sich nicht mit dem Netz „{network}“ verbinden.",
  brokerRejects: "Der Server unter {broker} lehnt das Konto des Boards ab.",
  brokerUnknown: "Im Netz des Boards gibt es keinen Rechner namens {host}.",
  brokerUnreachable: "Das Board ist im WLAN, erreicht aber den Server unter {broker} nicht ({reason}).",
  notConnected: "Das Board meldet nicht, ob es den Server unter {broker} erreicht.",
  certificate: "Das Board vertraut dem Zertifikat des Servers nicht ({reason}).",
};
