/** Texts of the header, the footer, warnings and dialogs. */

import type { Area } from "../area.js";

export const page = {
  separator: ", ",
  titleOf: "{view} · Nightlight",
  skip: "Skip to the boards",
  incomplete: "The page did not load completely. Reload it when the server is running.",
  connecting: "connecting",
  live: "live",
  connectionLost: "connection lost at {time}, reconnecting",
  views: "Views",
  boards: "Boards",
  zones: "Zones",
  people: "People",
  addBoard: "Add a board",
  alerts: "Alerts",
  noAlerts: "No open alerts",
  openAlerts: { one: "{count} open alert", other: "{count} open alerts" },
  addresses: "MQTT addresses",
  language: "Language",
  lightTheme: "Light theme",
  darkTheme: "Dark theme",
  help: "Help",
  logOut: "Log out",
  logOutFailed: "Logging out failed; you are still logged in. {problem}",
  readOnly: "{name} has read-only access.",
  cancel: "Cancel",
  allBoards: "← All boards",
  unknownBoard: "There is no board {id}. It appears here when it sends its first reading.",

  boardCount: { one: "{count} board", other: "{count} boards" },
  offlineCount: { one: "{count} offline", other: "{count} offline" },
  lampsOnCount: { one: "{count} lamp on", other: "{count} lamps on" },
  lampsSwitched: {
    one: "{count} lamp switched: {on} on, {off} off",
    other: "{count} lamps switched: {on} on, {off} off",
  },
  lampSwitched: "{board}: {lamp}",

  unreachable: "The server cannot be reached; is it still running?",
  httpStatus: "The server answered {status}.",
  noEvents: "No live events arrive. A proxy between this page and the server may be buffering them.",

  contested: "Contested client ids",
  contestedByTwo: 'Two clients use the client id "{id}".',
  contestedBySeveral: 'Several clients use the client id "{id}".',
  contestedByTwoOfAccount: 'Two clients use the client id "{id}" of the account {account}.',
  contestedBySeveralOfAccount: 'Several clients use the client id "{id}" of the account {account}.',
  contestedDetail: {
    one: "Each connection ends the other: once in the last minute. Give one of them another client id.",
    other: "Each connection ends the other: {count} times in the last minute. Give one of them another client id.",
  },
  contestedDetailFrom: {
    one: "Each connection ends the other: once in the last minute, from {addresses}. Give one of them another client id.",
    other:
      "Each connection ends the other: {count} times in the last minute, from {addresses}. Give one of them another client id.",
  },
  moreContested: { one: "And {count} more client id.", other: "And {count} more client ids." },
} as const satisfies Area;
