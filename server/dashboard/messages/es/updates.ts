import type { TranslatedArea } from "../area.js";
import type { updates as english } from "../en/updates.js";

export const updates: TranslatedArea<typeof english> = {
  title: "Actualización del programa",
  available: "La versión {latest} está disponible; esta placa ejecuta {installed}.",
  current: "Esta placa ejecuta la versión más reciente, {installed}.",
  update: "Actualizar a {version}",
  installPrevious: "Instalar la versión anterior {version}",
  giveUp: "Cancelar",
  waiting: "Esperando a la placa …",
  handingOver: "La placa se prepara …",
  writing: "Escribiendo el programa: {percent} %",
  restarting: "La placa inicia el programa nuevo …",
  done: "La placa ejecuta {version}.",
  failed: "{time}: {problem}",
  crashed:
    "La versión {version} ya se instaló en esta placa y probablemente falló ({time}). Es posible que vuelva a fallar.",
  progress: "Progreso de la actualización",
  boardsOutdated: {
    one: "Hay una actualización para {count} placa.",
    other: "Hay actualizaciones para {count} placas.",
  },
  boardsOutdatedAgain: {
    one: "Hay una versión más reciente para {count} placa.",
    other: "Hay una versión más reciente para {count} placas.",
  },
  updateAll: "Actualizar todas …",
  updateAllQuestion: { one: "¿Actualizar {count} placa?", other: "¿Actualizar {count} placas?" },
  updateAllConsequence:
    "Primero una placa, después una décima parte y después las demás. La actualización se detiene si falla en más del 2 % de las placas. Cada placa deja de medir durante unos segundos.",
  updateAllConfirmed: "Actualizar",
  waveOne: "Primera fase: una placa.",
  waveTenth: "Segunda fase: una décima parte de las placas.",
  waveAll: "Tercera fase: todas las demás placas.",
  rollingBack: "Instalando las versiones anteriores.",
  stopped: "La actualización de las placas se ha detenido.",
  counts: "{done} de {total} listas, {failed} fallidas, {skipped} omitidas.",
  leftOut: {
    one: "La última actualización de todas las placas omitió {count} placa.",
    other: "La última actualización de todas las placas omitió {count} placas.",
  },
  leftOutOfRollBack: {
    one: "Al revertir se omitió {count} placa.",
    other: "Al revertir se omitieron {count} placas.",
  },
  notReturned: "Ha fallado en: {boards}.",
  crashedOn:
    "En estas placas ya se instaló la versión nueva y probablemente falló: {boards}. Es posible que vuelva a fallar en ellas.",
  finished: "Actualización terminada ({time}): {done} de {total} placas ejecutan {versions}.",
  rolledBack: "Actualización revertida ({time}): {done} de {total} placas tienen de nuevo su versión anterior.",
  hide: "Ocultar",
  stop: "Detener",
  resume: "Continuar",
  rollBack: "Revertir …",
  rollBackQuestion: "¿Revertir la actualización?",
  rollBackConsequence: {
    one: "{count} placa recibe de nuevo su versión anterior.",
    other: "{count} placas reciben de nuevo su versión anterior.",
  },
  rollBackConfirmed: "Revertir",
};
