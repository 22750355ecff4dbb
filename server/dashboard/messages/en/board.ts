/** Texts of a board's page, except its history. */

import type { Area } from "../area.js";

export const board = {
  decidedBy: "{decider}: ",
  about: "About the board",
  title: "The board",
  zone: "zone",
  noZone: "none; the lamp follows this board's light sensor",
  rule: "rule",
  lostReadings: "lost readings",
  none: "none",
  board: "board",
  firmware: "firmware",

  identify: "Identify",
  report: "Report",
  restart: "Restart …",
  forget: "Forget …",
  restartQuestion: "Restart {board}?",
  restartConsequence: "During the restart, its lamp keeps its state or is off for some seconds.",
  restartConfirmed: "Restart",
  forgetQuestion: "Forget {board}?",
  forgetConsequence: "This also deletes its history, override and settings. The board reappears if it sends a reading.",
  forgetConfirmed: "Forget",

  waitingForReply: "Waiting for the board's reply …",
  waitingForBoard: "The board is offline. It does this if it is back within a minute. Waiting …",
  noReply: "The board did not reply within a minute, so nothing happened.",
  refused: "The board refused: {reason}.",
  noReason: "no reason given",
  blinks: "The board has replied: its lamp blinks for two seconds.",
  restarts: "The board restarts.",
  reports: "The board reports: {values}.",
  reportedLight: "light {light}",
  uptime: "running for {duration}",
  connections: { one: "{count} connection", other: "{count} connections" },
  messagesRefused: { one: "{count} message refused", other: "{count} messages refused" },
  readingsWaiting: { one: "{count} reading waiting", other: "{count} readings waiting" },
  readingsLost: { one: "{count} reading lost", other: "{count} readings lost" },
  programRestarted: "program restarted {duration} after the board started",
} as const satisfies Area;
