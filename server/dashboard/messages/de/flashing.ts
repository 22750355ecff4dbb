import type { TranslatedArea } from "../area.js";
import type { flashing as english } from "../en/flashing.js";

export const flashing: TranslatedArea<typeof english> = {
  heading: "Ein Board mit diesem Browser einrichten",
  intro:
    "Verbinde ein neues Board mit einem USB-Kabel mit diesem Rechner. Diese Seite installiert alles, was das Board braucht.",
  board: "Board",
  pins: "Lichtsensor an {light}, Lampe an {lamp}.",
  drawing: "Verkabelung: {board}",
  unreachable: "Boards erreichen diesen Server noch nicht. Der Abschnitt unten erklärt, wie sich das ändern lässt.",
  start: "Anschluss wählen und starten",
  cancel: "Abbrechen",
  tryAgain: "Erneut versuchen",
  choosePortAgain: "Anschluss erneut wählen",
  missingPort:
    "Das Board hat den USB-Anschluss verlassen. Wenn es nicht zurückkommt: Drücke RESET, stecke es neu ein, oder wähle seinen Anschluss erneut.",
  pressReset: "Die Laufzeitumgebung ist geschrieben. Drücke jetzt RESET auf dem Board, oder stecke es neu ein.",
  thePort: "der Anschluss",
  noBrowser:
    "Dieser Browser hat keinen Zugriff auf serielle Anschlüsse. Chrome, Edge und Opera auf einem Computer haben ihn. Die Befehle unten tun dasselbe.",
  insecure:
    "Browser erlauben den Zugriff auf serielle Anschlüsse nur mit https:// und auf localhost. Öffne diese Seite so, oder benutze die Befehle unten.",
  framed:
    "Diese Seite steckt im Rahmen einer anderen Seite, etwa von Home Assistant, die ihr keinen Zugriff auf serielle Anschlüsse gibt. Öffne die eigene Adresse des Servers in einem Tab, oder benutze die Befehle unten.",
  otherBroker:
    "Die Boards dieses Servers verbinden sich mit einem anderen Broker, der eigene Konten hat. Die Befehle unten fragen danach.",
  stepChip: "Mit dem Chip verbinden",
  stepRuntime: "Laufzeitumgebung für den Chip holen",
  stepWrite: "Laufzeitumgebung schreiben",
  stepRestart: "Board neu starten",
  stepWifi: "WLAN wählen",
  stepAccount: "Konto des Boards anlegen",
  stepProgram: "Programm und Einstellungen senden",
  stepConnect: "Auf die Verbindung des Boards warten",
  running: "läuft",
  done: "fertig",
  failed: "fehlgeschlagen",
  percent: "{percent} %",
  network: "WLAN",
  networkHint:
    "Diese Netze sieht das Board, das stärkste zuerst. Versteckte Netze fehlen: Ein Board würde sie nach einem Stromausfall nicht wiederfinden. Lass den Router den Namen des Netzes anzeigen, oder benutze ein Gastnetz.",
  noNetworks:
    "Das Board sieht kein Netz. Boards sehen nur Netze mit 2,4 GHz. Bringe es näher an den Router und suche erneut.",
  password: "Passwort des Netzes; nur das Board speichert es",
  connect: "Board verbinden",
  scanAgain: "Erneut suchen",
  log: "Protokoll des Boards",
  connected: "Das Board ist verbunden.",
  runtimeFile: "Eine heruntergeladene Kopie der Laufzeitumgebung",
  noPort: "Es wurde kein Anschluss gewählt.",
  noAccess: "Der Browser gibt keinen Zugriff auf serielle Anschlüsse: {reason}",
  remedyNoPort:
    "Wenn die Liste keinen Anschluss enthält: Benutze ein USB-Kabel mit Datenleitungen, oder halte den Knopf BOOT (oder IO0, B) gedrückt, während du das Board einsteckst. Boards mit CP210x oder CH340 brauchen auf Windows und macOS den Treiber dieses Chips.",
  wrongChip: "Dieses Board hat einen {chip}, aber {board} hat einen {expected}. Nichts wurde geschrieben.",
  wrongFile: "Die Datei ist keine Laufzeitumgebung für den {chip}. Nichts wurde geschrieben.",
  noWifi: "{board} meldet kein WLAN.",
  remedyAccount:
    "Versuche es mit einem anderen Namen für das Board. Wenn der Fehler bleibt, prüfe das Konto unter Personen.",
  remedyAccountExists:
    "Wähle einen anderen Namen für das Board, und versuche es erneut. Um dasselbe Board neu einzurichten, lösche zuerst sein Konto unter Personen.",
  remedyServer: "Versuche es erneut. Was das Board schon erhalten hat, bleibt erhalten.",
  remedyBootButton:
    "Halte auf dem Board den Knopf BOOT (oder IO0, B) gedrückt, drücke kurz RESET (oder stecke das Board neu ein), lass BOOT los, und versuche es erneut.",
  remedyBroker:
    "Prüfe, ob die Adresse des Servers unten im Netz des Boards liegt und keine Firewall ihren Port sperrt. Versuche es dann erneut.",
  remedyCable:
    "Versuche es erneut. Wenn der Fehler bleibt, benutze ein anderes USB-Datenkabel und keinen USB-Hub, und trenne ab, was an das Board angeschlossen ist.",
  remedyCertificate:
    "Boards vertrauen nur Zertifikaten öffentlicher Stellen für den Namen in der Adresse. Benutze so ein Zertifikat, oder eine Adresse ohne TLS.",
  remedyOtherBoard:
    "Wähle das Board, das angeschlossen ist, oder schließe ein anderes an. Wenn das bisherige Programm des Boards nicht startet, drücke RESET.",
  remedyPortAccess:
    "Tritt unter Linux der Gruppe bei, der der Anschluss gehört (sudo usermod -aG dialout $USER, oder uucp), melde dich neu an, und versuche es erneut.",
  remedyPortBusy:
    "Schließe andere Programme und Tabs, die den Anschluss benutzen, etwa serielle Monitore und VS Code, und versuche es erneut. Unter Linux muss der Benutzer in der Gruppe dialout oder uucp sein.",
  remedyReplug: "Stecke das Board neu ein, ohne USB-Hub, und versuche es erneut. Eine Unterbrechung schadet nicht.",
  remedyReport: "Versuche es erneut. Wenn der Fehler bleibt, melde ihn bitte mit dem Protokoll des Boards.",
  remedyReset: "Drücke RESET auf dem Board, oder stecke es neu ein, und versuche es erneut.",
  remedyWifiNetwork:
    "Boards sehen nur Netze mit 2,4 GHz und keine versteckten. Versuche es erneut, und wähle ein Netz aus der Liste.",
  remedyWifiPassword:
    "Wahrscheinlich ist das Passwort falsch. Versuche es erneut, und gib es noch einmal ein. Manche Router erlauben nur WPA3, oder keine neuen Geräte.",
  remedyOther: "Versuche es erneut. Wenn der Fehler bleibt, stecke das Board neu ein.",
};
