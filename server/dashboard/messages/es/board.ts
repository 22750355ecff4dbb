import type { TranslatedArea } from "../area.js";
import type { board as english } from "../en/board.js";

export const board: TranslatedArea<typeof english> = {
  decidedBy: "{decider}: ",
  about: "Sobre la placa",
  title: "La placa",
  zone: "zona",
  noZone: "ninguna; la lámpara sigue el sensor de luz de esta placa",
  rule: "regla",
  settings: "ajustes",
  settingsApplied: "aplicados por la placa",
  settingsPending: "enviados; la placa aún no los ha aplicado",
  lostReadings: "lecturas perdidas",
  none: "ninguna",
  board: "placa",
  firmware: "firmware",

  identify: "Identificar",
  report: "Pedir informe",
  restart: "Reiniciar …",
  forget: "Olvidar …",
  restartQuestion: "¿Reiniciar {board}?",
  restartConsequence: "Durante el reinicio, su lámpara mantiene su estado o se apaga unos segundos.",
  restartConfirmed: "Reiniciar",
  forgetQuestion: "¿Olvidar {board}?",
  forgetConsequence:
    "También se borran su historial, su control manual y su configuración. La placa reaparece si envía una lectura.",
  forgetSimulatedConsequence:
    "También se detiene su simulación y se borran su historial, su control manual y su configuración.",
  forgetConfirmed: "Olvidar",

  waitingForReply: "Esperando la respuesta de la placa …",
  waitingForBoard: "La placa está sin conexión. Lo hará si vuelve en menos de un minuto. Esperando …",
  noReply: "La placa no respondió en un minuto, así que no ha pasado nada.",
  refused: "La placa lo ha rechazado: {reason}.",
  noReason: "sin indicar el motivo",
  blinks: "La placa ha respondido: su lámpara parpadea dos segundos.",
  restarts: "La placa se reinicia.",
  reports: "La placa informa: {values}.",
  reportedLight: "luz {light}",
  uptime: "en marcha desde hace {duration}",
  connections: { one: "{count} conexión", other: "{count} conexiones" },
  messagesRefused: { one: "{count} mensaje rechazado", other: "{count} mensajes rechazados" },
  readingsWaiting: { one: "{count} lectura en espera", other: "{count} lecturas en espera" },
  readingsLost: { one: "{count} lectura perdida", other: "{count} lecturas perdidas" },
  programRestarted: "programa reiniciado {duration} después de arrancar la placa",
};
