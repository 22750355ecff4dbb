import { clock, isPlausible } from "../time/monotonic-clock.js";

/** How far the wall clock may have been set forward since the last look, in ms. */
const MOST = 3_600_000;

/** Says by which time the history may delete what is too old: never by a clock that was wrong for a moment. */
export class RetentionClock {
  #lead: number | undefined;

  /**
   * The time, in ms since 1970; or why there is none that can be trusted: the wall clock is obviously wrong, or was set
   * forward by more than an hour since the last look.
   */
  now(): number | { readonly problem: string } {
    const wall = clock.wallNow();
    const lead = wall - clock.now();
    const jump = this.#lead === undefined ? 0 : lead - this.#lead;
    this.#lead = lead;
    const date = new Date(wall).toISOString();
    if (!isPlausible(wall)) return { problem: `The machine's clock says ${date}; set it.` };
    return jump > MOST
      ? { problem: `The machine's clock was set forward, to ${date}; if that is wrong, set it back.` }
      : wall;
  }
}

/** Before all that a history has: nothing is too old. */
export const NOTHING_TOO_OLD = 0;
