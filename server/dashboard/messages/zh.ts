/** The Chinese texts of the page. They use simplified characters. */

import { addBoard } from "./zh/addBoard.js";
import { alerts } from "./zh/alerts.js";
import { board } from "./zh/board.js";
import { controls } from "./zh/controls.js";
import { flashing } from "./zh/flashing.js";
import { flashingProblems } from "./zh/flashing-problems.js";
import { help } from "./zh/help.js";
import { history } from "./zh/history.js";
import { login } from "./zh/login.js";
import { overview } from "./zh/overview.js";
import { page } from "./zh/page.js";
import { people } from "./zh/people.js";
import { reason } from "./zh/reason.js";
import { settings } from "./zh/settings.js";
import { state } from "./zh/state.js";
import { updates } from "./zh/updates.js";
import { zones } from "./zh/zones.js";
import type { MessageTable } from "./types.js";

export const table: MessageTable = {
  page,
  state,
  reason,
  overview,
  controls,
  board,
  history,
  zones,
  settings,
  login,
  help,
  people,
  addBoard,
  flashing,
  flashingProblems,
  alerts,
  updates,
};
