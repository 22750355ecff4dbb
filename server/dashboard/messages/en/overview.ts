/** Texts of the overview of all boards. */

import type { Area } from "../area.js";

export const overview = {
  noBoard: "No board yet",
  noBoardExplanation: "A board appears here when it sends its first reading. Any MQTT client can act as a board:",
  connectTo: "connect to",
  publishTo: "publish to",
  theMessage: "the message",
  darkReading: "A light level of 200 is dark, so the server publishes a command on {topic} to switch the lamp on.",

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
