import type { TranslatedArea } from "../area.js";
import type { flashingProblems as english } from "../en/flashing-problems.js";

export const flashingProblems: TranslatedArea<typeof english> = {
  portLost: "La placa dejó su puerto USB: el cable se soltó o la placa se reinició.",
  portBusy: "No se pudo abrir el puerto: otro programa u otra pestaña lo usa, o este usuario no puede abrirlo.",
  portAccess: "Este usuario no puede abrir el puerto.",
  portClosed: "No se pudo abrir el puerto ({reason}).",
  chipSilent: "El chip no responde.",
  chipRuns: "El chip no entró en su cargador de arranque: en su lugar se ejecuta su programa.",
  chipReceivesNothing: "El chip está en su cargador de arranque, pero no recibe nada de este ordenador.",
  flashDiffers: "Los datos en la memoria flash de la placa difieren de los enviados ({reason}).",
  flashDefective: "El chip no pudo escribir en su memoria flash ({reason}).",
  transferInterrupted: "La transferencia a la placa se interrumpió ({reason}).",
  noRuntime: "La placa no responde como una placa con el entorno de DeviceScript.",
  notAccepted: "La placa no aceptó el programa o un ajuste ({reason}).",
  noScan: "La placa no envió las redes que ve.",
  notStarted: "El programa de la placa no arrancó.",
  crashed: "El programa de la placa falló: {reason}",
  wifiUnseen: "La placa no ve la red «{network}».",
  wifiRefused: "La placa no pudo conectarse a la red «{network}».",
  brokerRejects: "El servidor en {broker} rechaza la cuenta de la placa.",
  brokerUnknown: "En la red de la placa no hay ningún ordenador llamado {host}.",
  brokerUnreachable: "La placa está en la red Wi-Fi, pero no llega al servidor en {broker} ({reason}).",
  notConnected: "La placa no indica si puede llegar al servidor en {broker}.",
  certificate: "La placa no confía en el certificado del servidor ({reason}).",
};
