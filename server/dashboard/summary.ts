/** Shows a summary of all boards in the header, and adapts the page's scale to their number. */

import type { Boards } from "./boards.js";
import { findPart, setText } from "./dom.js";
import { joinPhrases, message } from "./messages/message.js";

/** Updates the summary in the page's header. Does nothing before the boards are loaded. */
export function showSummary(boards: Boards): void {
  const page = document.documentElement;
  if (page.dataset.loaded === undefined) return;
  let on = 0;
  let offline = 0;
  for (const { lamp, isLampKnown, device } of boards.all) {
    if (lamp && isLampKnown) on++;
    if (device && !device.online) offline++;
  }
  const parts = [
    message("page.boardCount", { count: boards.size }),
    ...(offline > 0 ? [message("page.offlineCount", { count: offline })] : []),
    message("page.lampsOnCount", { count: on }),
  ];
  setText(findPart(document, "summary", HTMLElement), boards.size === 0 ? "" : joinPhrases(parts));
  // The style sheet uses smaller cards for many boards.
  page.dataset.scale = boards.size === 0 ? "none" : boards.size === 1 ? "one" : boards.size <= 12 ? "few" : "many";
}
