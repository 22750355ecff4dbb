/** Texts of the overview of all boards. */

import type { Area } from "../area.js";

export const overview = {
  noBoard: "No board yet",
  noBoardExplanation: "A board appears here when it sends its first reading. Choose one of these steps:",
  nextSimulate: "Simulate a board",
  nextSimulateExplanation: "Run this in a second terminal, in the same folder of Nightlight:",
  nextBoard: "Connect a real board",
  nextBoardExplanation:
    "{link} shows the settings of the board, and the commands that write them and the program to it.",
  nextPublish: "Use any MQTT program",
  nextPublishExplanation:
    "A light level of 200 is dark, so the server answers with a command that switches the lamp on.",
  nextAccount: "This server requires accounts: create one for the program first, as for a real board.",
  connectTo: "connect to",
  publishTo: "publish to",
  theMessage: "the message",

  search: "Find a board",
  show: "Show",
  showAllBoards: "all",
  showOffline: "offline",
  showLampOn: "lamp on",
  showOverridden: "overridden",
  showMissing: "missing readings",
  sort: "Sort",
  sortByName: "by name",
  sortByProblems: "problems first",
  sortByDarkest: "darkest first",
  sortByBrightest: "brightest first",
  found: "{found} of {all} shown",
  noMatch: "No board matches. {button}",
  showAll: "Show all",

  boards: "Boards",
  inNoZone: "In no zone",
  zoneUndecided: "undecided",
  zoneOnAtLight: "on at light {light}",
  zoneOffAtLight: "off at light {light}",

  threeMinutesAgo: "3 min ago",
  now: "now",
  plot: "Light over the last 3 minutes",
  plotEmpty: "No readings in the last 3 minutes",
  plotSummary: "Light over the last 3 minutes: from {low} to {high}; lamp on for {duration}; threshold {threshold}",
} as const satisfies Area;
