/** The header's sentence, and how crowded the page is: the style sheet makes room. */

import type { Boards } from "./boards.js";
import { part, text } from "./dom.js";
import { count } from "./words.js";

/** Sums up, once it is known which boards there are. */
export function sumUp(boards: Boards): void {
  const page = document.documentElement;
  if (page.dataset.loaded === undefined) return;
  let on = 0;
  let offline = 0;
  for (const { lamp, device } of boards.all) {
    if (lamp) on++;
    if (device && !device.online) offline++;
  }
  const parts = [
    count(boards.size, "board"),
    ...(offline > 0 ? [`${offline} offline`] : []),
    `${count(on, "lamp")} on`,
  ];
  text(part(document, "summary", HTMLElement), boards.size === 0 ? "" : parts.join(", "));
  page.dataset.crowd = boards.size === 0 ? "none" : boards.size === 1 ? "one" : boards.size <= 12 ? "few" : "many";
}
