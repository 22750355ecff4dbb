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
  simulatedBoard: "Simulated board",
  setByHand: "Set by hand.",
  followSimulation: "Follow the simulation",
  cutNetwork: "Cut the network",
  programStopped: "The program has stopped.",
  noNetwork: "The network is cut.",
  reacted: "The lamp reacted in {duration}.",
  automatic: "Follows the simulation.",
} as const satisfies Area;
