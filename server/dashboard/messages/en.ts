/** The English texts of the page. They define the keys and placeholders of all languages. */

import { addBoard } from "./en/addBoard.js";
import { alerts } from "./en/alerts.js";
import { board } from "./en/board.js";
import { controls } from "./en/controls.js";
import { flashing } from "./en/flashing.js";
import { flashingProblems } from "./en/flashing-problems.js";
import { help } from "./en/help.js";
import { history } from "./en/history.js";
import { login } from "./en/login.js";
import { overview } from "./en/overview.js";
import { page } from "./en/page.js";
import { people } from "./en/people.js";
import { reason } from "./en/reason.js";
import { settings } from "./en/settings.js";
import { state } from "./en/state.js";
import { updates } from "./en/updates.js";
import { zones } from "./en/zones.js";

export const en = {
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
} as const;
export { en as table };
