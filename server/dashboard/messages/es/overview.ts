import type { TranslatedArea } from "../area.js";
import type { overview as english } from "../en/overview.js";

export const overview: TranslatedArea<typeof english> = {
  noBoard: "Aún no hay ninguna placa",
  noBoardExplanation: "Una placa aparece aquí cuando envía su primera lectura. Elige uno de estos pasos:",
  nextSimulate: "Simular una placa",
  nextSimulateExplanation: "Ejecuta esto en una segunda terminal, en la misma carpeta de Nightlight:",
  nextBoard: "Conectar una placa real",
  nextBoardExplanation:
    "{link} muestra los ajustes de la placa y los comandos que los escriben en ella junto con el programa.",
  nextPublish: "Usar cualquier programa MQTT",
  nextPublishExplanation:
    "Un nivel de luz de 200 es oscuro, así que el servidor responde con un comando que enciende la lámpara.",
  nextAccount: "Este servidor exige cuentas: crea primero una para el programa, como para una placa real.",
  connectTo: "conectar con",
  publishTo: "publicar en",
  theMessage: "el mensaje",

  search: "Buscar una placa",
  show: "Mostrar",
  showAllBoards: "todas",
  showOffline: "sin conexión",
  showLampOn: "lámpara encendida",
  showOverridden: "controladas a mano",
  showMissing: "con lecturas perdidas",
  sort: "Ordenar",
  sortByName: "por nombre",
  sortByProblems: "primero las que tienen problemas",
  sortByDarkest: "primero las más oscuras",
  sortByBrightest: "primero las más claras",
  found: "se muestran {found} de {all}",
  noMatch: "Ninguna placa coincide. {button}",
  showAll: "Mostrar todas",

  boards: "Placas",
  inNoZone: "Sin zona",
  zoneUndecided: "sin decidir",
  zoneOnAtLight: "encendida con luz {light}",
  zoneOffAtLight: "apagada con luz {light}",

  threeMinutesAgo: "hace 3 min",
  now: "ahora",
  plot: "Luz en los últimos 3 minutos",
  plotEmpty: "Sin lecturas en los últimos 3 minutos",
  plotSummary:
    "Luz en los últimos 3 minutos: de {low} a {high}; lámpara encendida durante {duration}; umbral {threshold}",
};
