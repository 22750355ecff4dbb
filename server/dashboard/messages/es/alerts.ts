import type { TranslatedArea } from "../area.js";
import type { alerts as english } from "../en/alerts.js";

export const alerts: TranslatedArea<typeof english> = {
  open: "Abiertas",
  noneOpen: "Todo está en orden.",
  resolved: "Resueltas",
  noneResolved: "Todavía no se ha resuelto ninguna alerta.",
  since: "desde {time}",
  fromTo: "de {from} a {to} ({duration})",

  boardOffline: "{board} no tiene conexión",
  zoneWithoutSensor: "La zona {zone} no tiene ningún sensor actual",
  boardLost: { one: "{board} ha perdido {count} lectura", other: "{board} ha perdido {count} lecturas" },
  historyLost: "El historial ha perdido lecturas",
  storageFailing: "No se pueden guardar los datos",
  brokerDisconnected: "Se ha perdido la conexión con el broker",
  rolloutStopped: "La actualización de todas las placas se ha detenido",

  refusals: "Rechazado",
  noRefusals: "No se ha rechazado ningún mensaje desde que se inició el servidor.",
  refusedOn: "{sender}: {topic}",
  refusedTimes: { one: "{count} vez, {time}", other: "{count} veces, la última {time}" },
  notAllowedAdvice:
    "La cuenta {account} no tiene permiso para esto. Si debe tenerlo, cambia su rol en Personas. Home Assistant necesita el rol Home Assistant.",
  badLoginAdvice:
    "Comprueba el nombre de usuario y la contraseña en el cliente. En Personas puedes poner una contraseña nueva. Una placa sin cuenta recibe una en «Añadir una placa».",
  badMessageAdvice:
    "Corrige el programa que envía este mensaje. El contrato de la documentación describe todos los mensajes.",
  unknownDeviceAdvice:
    "Comprueba el id de la placa en el topic. El servidor conoce una placa desde su primera lectura.",
  limitAdvice: "Haz que el cliente envíe menos, o aumenta el límite en el archivo de configuración.",

  messages: "Mensajes",
  ntfy: "ntfy",
  webhook: "Webhook",
  delivered: { one: "{count} mensaje entregado", other: "{count} mensajes entregados" },
  waiting: { one: "{count} alerta en espera", other: "{count} alertas en espera" },
  test: "Enviar un mensaje de prueba",
  testing: "Enviando …",
  tested: "El mensaje de prueba se ha entregado.",
  nowhere:
    "Por ahora, las alertas solo aparecen en esta página. El servidor también puede enviarlas a un teléfono o a otro programa.",
  howNtfy:
    "Para un teléfono, instala la aplicación {link}, pide abajo que se proponga un tema y suscríbete a él en la aplicación. Para Home Assistant y otros programas, escribe la URL de un webhook.",

  ntfyTopic: "Tema de ntfy",
  ntfyTopicHelp: "URL del tema. Quien conoce el tema puede leer las alertas.",
  webhookUrl: "Webhook",
  webhookUrlHelp: "URL que recibe las alertas como JSON por POST.",
  after: "Avisar después de",
  afterHelp: "Cuánto debe durar un problema.",
  page: "Dirección de esta página",
  pageHelp: "Para los enlaces de los mensajes, por ejemplo https://lights.example.org.",
  propose: "Proponer un tema",
  subscribe:
    "Suscríbete a este tema en la aplicación ntfy. Cuando salgas de esta vista, la página no lo volverá a mostrar.",
};
