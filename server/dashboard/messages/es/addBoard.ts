import type { TranslatedArea } from "../area.js";
import type { addBoard as english } from "../en/addBoard.js";

export const addBoard: TranslatedArea<typeof english> = {
  name: "Nombre de la placa",
  nameHint: "Solo letras, cifras y . _ -. El id de la placa será {id}.",
  byCommand: "Con comandos",
  address: "Dirección del servidor para la placa",
  addressHint: "Elige la de la red de la placa.",
  onlyHere: "Las placas no llegan a este servidor, porque solo escucha en este ordenador.",
  listenWide: "Detén el servidor e inícialo de forma que tu red llegue a él:",
  listenWideSetting:
    "Inicia el servidor de forma que tu red llegue a él: pon {setting} en su archivo de configuración o donde tu programa lo inicia.",
  needsAdministrator:
    "Un servidor al que llega tu red necesita una cuenta: {link}. O créala tras el reinicio con el código del registro.",
  createAccount: "Crear su cuenta",
  accountExplanation: "La cuenta solo puede usar los topics de esta placa.",
  askAdministrator: "Pide a un administrador que cree la cuenta de la placa.",
  otherBroker:
    "Las placas de este servidor se conectan a otro broker, que tiene sus propias cuentas. Setup pregunta por una.",
  runSetup: "Conecta la placa a un ordenador con una copia de trabajo de Nightlight y ejecuta allí:",
  runFlash: "Setup pregunta por la red Wi-Fi. Después lleva el programa y los ajustes a la placa:",
  shownOnce: "La cuenta {account} tiene esta contraseña, que solo se muestra ahora:",
  scan: "El código QR contiene el comando de setup, para un teléfono u otro ordenador.",
  qrCode: "Código QR con el comando de setup",
  copy: "Copiar",
  copied: "Copiado",
  notCopied: "Cópialo a mano",
  secretOnce: "Guárdalo ahora. No se volverá a mostrar.",
  done: "Listo",
  withoutHardware: "Sin hardware",
  simulate: "Añadir una placa simulada",
  simulateQuestion: "¿Simular {board}?",
  simulateConsequence:
    "Ya ha informado una placa con este id. La placa simulada asumiría su nombre, su historial y su configuración. Si la placa real sigue en marcha, cada una cortaría la conexión de la otra.",
  simulateConfirmed: "Simular",
  simulateExplanation:
    "El servidor ejecuta el firmware de una placa real en una máquina virtual, con sensor y lámpara simulados.",
  simulateHere: "En la copia de trabajo de Nightlight donde se ejecuta este servidor, inicia una placa simulada:",
  anyClient:
    "Cualquier cliente MQTT puede hacer de placa. Este comando envía una lectura oscura, así que la lámpara se enciende:",
  waiting: "La placa aparecerá aquí cuando envíe su primera lectura.",
  arrived: "La placa ha enviado una lectura: {link}.",
};
