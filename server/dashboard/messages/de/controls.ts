import type { TranslatedArea } from "../area.js";
import type { controls as english } from "../en/controls.js";

export const controls: TranslatedArea<typeof english> = {
  lamp: "Lampe",
  auto: "Auto",
  on: "An",
  off: "Aus",
  undo: "rückgängig",
  howLong: "Wie lange",
  untilChanged: "bis ich es ändere",
  forDuration: "für {duration}",
  untilMorning: "bis 7 Uhr morgens",
  until: "bis {time}",
  timeLeft: "noch {duration}",

  simulatedLight: "Helligkeit am simulierten Sensor",
  release: "loslassen",
  cutNetwork: "Netz trennen",
  programStopped: "Programm angehalten",
  noNetwork: "kein Netz",
  reacted: "Lampe reagierte nach {duration}",
  held: "festgehalten",
  automatic: "automatisch",
};
