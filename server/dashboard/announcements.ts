/** Announces lamp switches to screen readers, through an ARIA live region. */

import type { Boards } from "./boards.js";
import { setText } from "./dom.js";
import type { BoardModel } from "./model.js";
import { describeLamp } from "./labels.js";
import { joinPhrases, message } from "./messages/message.js";

/** How long lamp switches are collected into one announcement, in ms. */
const BATCH_TIME = 1500;
/** Largest number of lamps that an announcement names. With more lamps, it says only how many have switched. */
const MAX_NAMED_LAMPS = 3;

/**
 * Announces every switch of a lamp.
 * @param liveRegion element with `aria-live`
 */
export function announceSwitches(boards: Boards, liveRegion: HTMLElement): void {
  const switched = new Set<BoardModel>();
  const announce = () => {
    setText(liveRegion, createAnnouncement([...switched]));
    switched.clear();
  };
  boards.subscribe({
    changed(model, didSwitch) {
      if (!didSwitch) return;
      if (switched.size === 0) setTimeout(announce, BATCH_TIME);
      switched.add(model);
    },
  });
}

function createAnnouncement(models: readonly BoardModel[]): string {
  if (models.length <= MAX_NAMED_LAMPS) {
    const describeSwitch = ({ label, lamp }: BoardModel) =>
      message("page.lampSwitched", { board: label, lamp: describeLamp(lamp) });
    return joinPhrases(models.map(describeSwitch));
  }
  const on = models.filter((model) => model.lamp).length;
  return message("page.lampsSwitched", { count: models.length, on, off: models.length - on });
}
