/** The Spanish texts of the page. They address the user with "tú". */

import { addBoard } from "./es/addBoard.js";
import { alerts } from "./es/alerts.js";
import { board } from "./es/board.js";
import { controls } from "./es/controls.js";
import { flashing } from "./es/flashing.js";
import { flashingProblems } from "./es/flashing-problems.js";
import { help } from "./es/help.js";
import { history } from "./es/history.js";
import { login } from "./es/login.js";
import { overview } from "./es/overview.js";
import { page } from "./es/page.js";
import { people } from "./es/people.js";
import { reason } from "./es/reason.js";
import { settings } from "./es/settings.js";
import { state } from "./es/state.js";
import { updates } from "./es/updates.js";
import { zones } from "./es/zones.js";
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
