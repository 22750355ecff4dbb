/** Shows a summary of all boards in the header, and adapts the page's scale to their number. */

import type { Boards } from "./boards.js";
import { findPart, setText } from "./dom.js";
import { joinPhrases, message } from "./messages/message.js";

/** Updates the summary in the page's header. Does nothing before the boards are loaded. */
export function showSummary(boards: Boards): void {
  if (document.documentElement.dataset.loaded === undefined) return;
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
  showScale(boards.size);
}

/** Lets the style sheet use smaller cards for many boards, and show the first steps if there is none. */
export function showScale(boardCount: number): void {
  document.documentElement.dataset.scale =
    boardCount === 0 ? "none" : boardCount === 1 ? "one" : boardCount <= 12 ? "few" : "many";
}
