/** Texts of program updates over the air. */

import type { Area } from "../area.js";

export const updates = {
  title: "Program update",
  available: "Version {latest} is available; this board runs {installed}.",
  current: "This board runs the newest version, {installed}.",
  update: "Update to {version}",
  installPrevious: "Install the previous version {version}",
  giveUp: "Give up",
  waiting: "Waiting for the board …",
  handingOver: "The board gets ready …",
  writing: "Writing the program: {percent} %",
  restarting: "The board starts the new program …",
  done: "The board runs {version}.",
  failed: "{time}: {problem}",
  crashed: "Version {version} was installed on this board before and probably crashed ({time}). It may crash again.",
  progress: "Progress of the update",
  boardsOutdated: {
    one: "An update is available for {count} board.",
    other: "Updates are available for {count} boards.",
  },
  boardsOutdatedAgain: {
    one: "A newer version is available for {count} board.",
    other: "A newer version is available for {count} boards.",
  },
  updateAll: "Update all …",
  updateAllQuestion: { one: "Update {count} board?", other: "Update {count} boards?" },
  updateAllConsequence:
    "First one board, then a tenth, then all others. The update stops when it fails on more than 2 % of the boards. Each board takes no readings for a few seconds.",
  updateAllConfirmed: "Update",
  waveOne: "First wave: one board.",
  waveTenth: "Second wave: a tenth of the boards.",
  waveAll: "Third wave: all other boards.",
  rollingBack: "Installing the previous versions.",
  stopped: "The update of the boards has stopped.",
  counts: "{done} of {total} done, {failed} failed, {skipped} left out.",
  leftOut: {
    one: "The last update of all boards has left out {count} board.",
    other: "The last update of all boards has left out {count} boards.",
  },
  leftOutOfRollBack: {
    one: "The rollback has left out {count} board.",
    other: "The rollback has left out {count} boards.",
  },
  notReturned: "Failed: {boards}.",
  crashedOn:
    "On these boards, the new version was installed before and probably crashed: {boards}. It may crash there again.",
  finished: "Update finished ({time}): {done} of {total} boards run {versions}.",
  rolledBack: "Rolled back ({time}): {done} of {total} boards have their previous version again.",
  hide: "Hide",
  stop: "Stop",
  resume: "Resume",
  rollBack: "Roll back …",
  rollBackQuestion: "Roll back the update?",
  rollBackConsequence: {
    one: "{count} board gets its previous version again.",
    other: "{count} boards get their previous version again.",
  },
  rollBackConfirmed: "Roll back",
} as const satisfies Area;
