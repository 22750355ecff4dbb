import type { TranslatedArea } from "../area.js";
import type { page as english } from "../en/page.js";

export const page: TranslatedArea<typeof english> = {
  separator: ", ",
  titleOf: "{view} · Nightlight",
  skip: "Ir a las placas",
  incomplete: "La página no se ha cargado por completo. Vuelve a cargarla cuando el servidor esté en marcha.",
  connecting: "conectando",
  live: "en directo",
  connectionLost: "conexión perdida ({time}), reconectando",
  views: "Vistas",
  boards: "Placas",
  zones: "Zonas",
  people: "Personas",
  addBoard: "Añadir una placa",
  alerts: "Alertas",
  noAlerts: "Ninguna alerta abierta",
  openAlerts: { one: "{count} alerta abierta", other: "{count} alertas abiertas" },
  addresses: "Direcciones MQTT",
  language: "Idioma",
  lightTheme: "Tema claro",
  darkTheme: "Tema oscuro",
  help: "Ayuda",
  logOut: "Cerrar sesión",
  logOutFailed: "No se pudo cerrar la sesión; sigue abierta. {problem}",
  readOnly: "{name} solo tiene permiso de lectura.",
  cancel: "Cancelar",
  allBoards: "← Todas las placas",
  unknownBoard: "No existe la placa {id}. Aparecerá aquí cuando envíe su primera lectura.",

  boardCount: { one: "{count} placa", other: "{count} placas" },
  offlineCount: { one: "{count} sin conexión", other: "{count} sin conexión" },
  lampsOnCount: { one: "{count} lámpara encendida", other: "{count} lámparas encendidas" },
  lampsSwitched: {
    one: "{count} lámpara ha cambiado: {on} encendida, {off} apagada",
    other: "{count} lámparas han cambiado: {on} encendidas, {off} apagadas",
  },
  lampSwitched: "{board}: {lamp}",

  unreachable: "No se puede contactar con el servidor. ¿Sigue en marcha?",
  httpStatus: "El servidor respondió {status}.",
  noEvents: "No llegan eventos en directo. Puede que un proxy entre esta página y el servidor los retenga.",

  contested: "Identificadores de cliente repetidos",
  contestedByTwo: "Dos clientes usan el identificador «{id}».",
  contestedBySeveral: "Varios clientes usan el identificador «{id}».",
  contestedByTwoOfAccount: "Dos clientes usan el identificador «{id}» de la cuenta {account}.",
  contestedBySeveralOfAccount: "Varios clientes usan el identificador «{id}» de la cuenta {account}.",
  contestedDetail: {
    one: "Cada conexión corta la otra: una vez en el último minuto. Dale otro identificador a uno de ellos.",
    other: "Cada conexión corta la otra: {count} veces en el último minuto. Dale otro identificador a uno de ellos.",
  },
  contestedDetailFrom: {
    one: "Cada conexión corta la otra: una vez en el último minuto, desde {addresses}. Dale otro identificador a uno de ellos.",
    other:
      "Cada conexión corta la otra: {count} veces en el último minuto, desde {addresses}. Dale otro identificador a uno de ellos.",
  },
  moreContested: { one: "Y {count} identificador más.", other: "Y {count} identificadores más." },
};
