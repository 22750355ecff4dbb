/** The German texts of the page. They address the user with "du". */

import { addBoard } from "./de/addBoard.js";
import { alerts } from "./de/alerts.js";
import { board } from "./de/board.js";
import { controls } from "./de/controls.js";
import { flashing } from "./de/flashing.js";
import { flashingProblems } from "./de/flashing-problems.js";
import { help } from "./de/help.js";
import { history } from "./de/history.js";
import { login } from "./de/login.js";
import { overview } from "./de/overview.js";
import { page } from "./de/page.js";
import { people } from "./de/people.js";
import { reason } from "./de/reason.js";
import { settings } from "./de/settings.js";
import { state } from "./de/state.js";
import { updates } from "./de/updates.js";
import { zones } from "./de/zones.js";
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
