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

  simulatedLight: "Licht auf dem simulierten Sensor",
  simulatedBoard: "Simuliertes Board",
  setByHand: "Von Hand eingestellt.",
  followSimulation: "Der Simulation folgen",
  cutNetwork: "Netz trennen",
  programStopped: "Das Programm ist angehalten.",
  noNetwork: "Das Netz ist getrennt.",
  reacted: "Die Lampe reagierte nach {duration}.",
  automatic: "Folgt der Simulation.",
};
