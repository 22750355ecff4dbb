import { clock, isPlausibleWallTime } from "../time/monotonic-clock.js";

/** The wall clock counts as wrong if it jumps forward by more than this time between two calls of `now`, in ms. */
const MAX_JUMP = 3_600_000;

/**
 * Provides the current time for retention, and refuses a wall clock that is wrong, so that no data is deleted too
 * early.
 */
export class RetentionClock {
  #offset: number | undefined;

  /**
   * Returns ms since 1970, or the problem if the wall clock is implausible or was set forward by more than `MAX_JUMP`
   * since the last call. The problem is a sentence for the log.
   */
  now(): number | { readonly problem: string } {
    const wall = clock.wallNow();
    const offset = wall - clock.now();
    const jump = this.#offset === undefined ? 0 : offset - this.#offset;
    this.#offset = offset;
    const date = new Date(wall).toISOString();
    if (!isPlausibleWallTime(wall)) return { problem: `The machine's clock says ${date}; set it.` };
    return jump > MAX_JUMP
      ? { problem: `The machine's clock was set forward, to ${date}; if that is wrong, set it back.` }
      : wall;
  }
}

/** A time for sweeps at which no data is too old. Such a sweep deletes only the data of forgotten devices. */
export const TIME_WITHOUT_OLD_DATA = 0;
