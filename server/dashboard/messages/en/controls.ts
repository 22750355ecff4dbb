/** Texts of the controls for overrides and for simulated boards. */

import type { Area } from "../area.js";

export const controls = {
  lamp: "Lamp",
  auto: "Auto",
  on: "On",
  off: "Off",
  undo: "undo",
  howLong: "For how long",
  untilChanged: "until I change it",
  forDuration: "for {duration}",
  untilMorning: "until 7 in the morning",
  until: "until {time}",
  timeLeft: "{duration} left",

  simulatedLight: "Light on the simulated sensor",
  release: "release",
  cutNetwork: "cut network",
  programStopped: "program stopped",
  noNetwork: "no network",
  reacted: "lamp reacted in {duration}",
  held: "held",
  automatic: "automatic",
} as const satisfies Area;
