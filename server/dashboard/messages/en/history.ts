/** Texts of the history on a board's page. */

import type { Area } from "../area.js";

export const history = {
  title: "History",
  timeRange: "Time range",
  earlier: "Earlier",
  later: "Later",
  day: "Day",
  now: "now",
  plot: "Plot of the light. Use the arrow keys to move between readings.",
  light: "light",
  lampOn: "lamp on",
  threshold: "threshold",
  hysteresis: "hysteresis",
  noReadings: "no readings",
  showTable: "Show readings as a table",
  readings: "Readings",
  time: "Time",
  lightColumn: "Light",
  lowest: "Lowest",
  highest: "Highest",
  lamp: "Lamp",
  download: "Download as CSV",
  notStored: "This server stores no history. The plot shows only the latest readings.",

  readingAt: "{time}: light {light}; {lamp}",
  readingsAt: "{time}: light {low} to {high}, last {last}, {readings}; {lamp}",
  readingCount: { one: "{count} reading", other: "{count} readings" },
  empty: "No readings in this period.",
  summary: "{readings}: light from {low} to {high}; {lamp}; {gaps}.",
  neverOn: "the lamp was never on",
  timesOn: {
    one: "the lamp was on for {duration}, {count} time",
    other: "the lamp was on for {duration}, {count} times",
  },
  noGap: "no gap",
  gaps: {
    one: "{count} gap without readings, {duration} in all",
    other: "{count} gaps without readings, {duration} in all",
  },

  switches: "Switches",
  noSwitch: "The lamp did not switch in this period.",
  byServer: "by the server",
  byPerson: "by a person",
  byBoard: "by the board",
} as const satisfies Area;
