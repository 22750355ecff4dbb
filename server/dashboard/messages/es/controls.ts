import type { TranslatedArea } from "../area.js";
import type { controls as english } from "../en/controls.js";

export const controls: TranslatedArea<typeof english> = {
  lamp: "Lámpara",
  auto: "Auto",
  on: "Encendida",
  off: "Apagada",
  undo: "deshacer",
  howLong: "Durante cuánto tiempo",
  untilChanged: "hasta que yo lo cambie",
  forDuration: "durante {duration}",
  untilMorning: "hasta las 7 de la mañana",
  until: "hasta {time}",
  timeLeft: "tiempo restante: {duration}",

  simulatedLight: "Luz en el sensor simulado",
  release: "soltar",
  cutNetwork: "cortar la red",
  programStopped: "programa detenido",
  noNetwork: "sin red",
  reacted: "la lámpara reaccionó en {duration}",
  held: "fijada",
  automatic: "automática",
};
