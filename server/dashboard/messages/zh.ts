/** The Chinese texts of the page. They use simplified characters. */

import { addBoard } from "./zh/addBoard.js";
import { alerts } from "./zh/alerts.js";
import { board } from "./zh/board.js";
import { controls } from "./zh/controls.js";
import { help } from "./zh/help.js";
import { history } from "./zh/history.js";
import { login } from "./zh/login.js";
import { overview } from "./zh/overview.js";
import { page } from "./zh/page.js";
import { people } from "./zh/people.js";
import { reason } from "./zh/reason.js";
import { settings } from "./zh/settings.js";
import { state } from "./zh/state.js";
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
  alerts,
};
