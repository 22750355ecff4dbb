/** Tells those who cannot see the lamps which of them switched; not each reading, and not more than one can listen to. */

import type { Boards } from "./boards.js";
import { text } from "./dom.js";
import type { BoardModel } from "./model.js";
import { lampText } from "./sentences.js";
import { count } from "./words.js";

/** Switches of so many ms are told together. */
const TOGETHER = 1500;
const MOST = 3;

/** `place` is a live region. */
export function announceSwitches(boards: Boards, place: HTMLElement): void {
  const switched = new Set<BoardModel>();
  const tell = () => {
    text(place, sentence([...switched]));
    switched.clear();
  };
  boards.watch({
    changed(model, didSwitch) {
      if (!didSwitch) return;
      if (switched.size === 0) setTimeout(tell, TOGETHER);
      switched.add(model);
    },
  });
}

function sentence(models: readonly BoardModel[]): string {
  if (models.length <= MOST) return models.map((model) => `${model.label}: ${lampText(model.lamp)}`).join(", ");
  const on = models.filter((model) => model.lamp).length;
  return `${count(models.length, "lamp")} switched: ${on} on, ${models.length - on} off`;
}
