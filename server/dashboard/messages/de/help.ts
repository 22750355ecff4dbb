import type { TranslatedArea } from "../area.js";
import type { help as english } from "../en/help.js";

export const help: TranslatedArea<typeof english> = {
  title: "Hilfe",
  boards: "Boards",
  cards:
    "Jede Karte ist ein Board: seine Lampe, die Helligkeit an seinem Sensor von 0 (dunkel) bis 1023 (hell) und ein Diagramm der letzten drei Minuten. Die gestrichelte Linie ist die Schwelle; die Schattierung zeigt, wann die Lampe an war.",
  deciding:
    "Unter der Schwelle schaltet der Server die Lampe ein. Mit Hysterese schaltet er sie erst bei einem höheren Wert aus, damit sie nicht flackert. Unter dem Diagramm steht, wer entschieden hat und warum.",
  offline:
    "Ein Board ohne Verbindung entscheidet nach zehn Sekunden selbst, nach derselben Regel. Es behält seine Messwerte und sendet sie, sobald es zurück ist.",
  override: "Von Hand schalten",
  overriding:
    "Mit „An“ und „Aus“ schaltest du eine Lampe oder Zone von Hand, bis du „Auto“ wählst oder die eingestellte Zeit endet. „rückgängig“ nimmt die letzte Änderung zurück.",
  zones: "Zonen",
  zonesDecide:
    "In einer Zone entscheiden mehrere Sensoren gemeinsam über mehrere Lampen. Ein Sensor, der zu lange schweigt, zählt nicht mit.",
  connecting: "Boards und andere MQTT-Clients verbinden sich mit:",
  programs: "Programme",
  api: "Programme können die HTTP-API benutzen. {link} beschreibt sie.",
};
