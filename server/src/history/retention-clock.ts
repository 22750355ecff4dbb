import { clock, isPlausible } from "../time/monotonic-clock.js";

/** Maximum trusted forward jump of the wall clock between two calls, in ms. */
const MAX_JUMP = 3_600_000;

/** Provides the current time for retention, and refuses a wall clock that is wrong, so that no data is deleted too early. */
export class RetentionClock {
  #offset: number | undefined;

  /**
   * Returns ms since 1970, or a sentence that says why the wall clock cannot be trusted: the wall clock is implausible, or
   * it was set forward by more than an hour since the last call.
   */
  now(): number | { readonly problem: string } {
    const wall = clock.wallNow();
    const offset = wall - clock.now();
    const jump = this.#offset === undefined ? 0 : offset - this.#offset;
    this.#offset = offset;
    const date = new Date(wall).toISOString();
    if (!isPlausible(wall)) return { problem: `The machine's clock says ${date}; set it.` };
    return jump > MAX_JUMP
      ? { problem: `The machine's clock was set forward, to ${date}; if that is wrong, set it back.` }
      : wall;
  }
}

/** A time before all stored data, for a sweep that deletes only forgotten devices. */
export const NOTHING_TOO_OLD = 0;
