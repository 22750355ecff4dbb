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

  simulatedLight: "Luz sobre el sensor simulado",
  simulatedBoard: "Placa simulada",
  setByHand: "Fijada a mano.",
  followSimulation: "Seguir la simulación",
  cutNetwork: "Cortar la red",
  programStopped: "El programa está detenido.",
  noNetwork: "La red está cortada.",
  reacted: "La lámpara reaccionó en {duration}.",
  automatic: "Sigue la simulación.",
};
