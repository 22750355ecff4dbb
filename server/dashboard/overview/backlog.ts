/**
 * Puts what the server remembers into the cards' plots, once a connection. Four boards at a time: a browser has six
 * connections to a server.
 */

import { getRecent } from "../api.js";
import { now } from "../clock.js";
import type { BoardModel } from "../model.js";

const AT_ONCE = 4;

export class Backlog {
  private readonly asked = new Set<BoardModel>();
  private readonly wanted = new Set<BoardModel>();
  private busy = 0;

  /** `filled`: a board's plot has its past. */
  constructor(private readonly filled: (model: BoardModel) => void) {}

  /** A board's plot is in view. */
  want(model: BoardModel): void {
    if (!model.device || this.asked.has(model)) return; // of a board without a device the server knows nothing
    this.asked.add(model);
    this.wanted.add(model);
    if (this.busy < AT_ONCE) void this.work();
  }

  /** The server may have more to tell. */
  restart(): void {
    this.asked.clear();
  }

  private async work(): Promise<void> {
    this.busy++;
    for (const model of this.wanted) {
      this.wanted.delete(model);
      try {
        model.series.fill(await getRecent(model.id), now());
        this.filled(model);
      } catch {
        continue; // a plot that begins now is a plot too
      }
    }
    this.busy--;
  }
}
