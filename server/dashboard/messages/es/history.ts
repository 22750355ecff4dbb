import type { TranslatedArea } from "../area.js";
import type { history as english } from "../en/history.js";

export const history: TranslatedArea<typeof english> = {
  title: "Historial",
  timeRange: "Periodo",
  earlier: "Antes",
  later: "Después",
  day: "Día",
  now: "ahora",
  plot: "Gráfico de la luz. Usa las flechas del teclado para moverte entre las lecturas.",
  light: "luz",
  lampOn: "lámpara encendida",
  threshold: "umbral",
  hysteresis: "histéresis",
  noReadings: "sin lecturas",
  showTable: "Mostrar las lecturas en una tabla",
  readings: "Lecturas",
  time: "Hora",
  lightColumn: "Luz",
  lowest: "Mínima",
  highest: "Máxima",
  lamp: "Lámpara",
  download: "Descargar como CSV",
  notStored: "Este servidor no guarda historial. El gráfico muestra solo las últimas lecturas.",

  readingAt: "{time}: luz {light}; {lamp}",
  readingsAt: "{time}: luz de {low} a {high}, la última {last}, {readings}; {lamp}",
  readingCount: { one: "{count} lectura", other: "{count} lecturas" },
  empty: "No hay lecturas en este periodo.",
  summary: "{readings}: luz de {low} a {high}; {lamp}; {gaps}.",
  neverOn: "la lámpara no se encendió",
  timesOn: {
    one: "la lámpara estuvo encendida {duration}, {count} vez",
    other: "la lámpara estuvo encendida {duration}, {count} veces",
  },
  noGap: "sin interrupciones",
  gaps: {
    one: "{count} interrupción sin lecturas, {duration} en total",
    other: "{count} interrupciones sin lecturas, {duration} en total",
  },

  switches: "Encendidos y apagados",
  noSwitch: "La lámpara no cambió en este periodo.",
  byServer: "por el servidor",
  byPerson: "por una persona",
  byBoard: "por la placa",
};
