import type { StorageClock } from "../time/storage-clock.js";
import { clock } from "../time/monotonic-clock.js";

/** Accuracy of a time that Redis sends over the network, in ms. The clock ignores differences up to this limit. */
const MAX_CLOCK_NOISE = 50;

/**
 * The shared clock of all servers, which follows Redis's clock. Servers use this clock for all stored times, because
 * the wall clocks of machines differ.
 */
export class SharedClock implements StorageClock {
  /** The estimated difference between the shared clock and the monotonic clock, in ms. */
  #ahead = 0;

  now(): number {
    return clock.now();
  }

  toWall(time: number): number {
    return time + this.#ahead;
  }

  fromWall(sharedTime: number): number {
    return sharedTime - this.#ahead;
  }

  /**
   * Updates the estimate of the shared clock.
   * @param sharedTime the time of Redis's clock, in ms since 1970
   * @param asked when this server asked for the time, in ms by the monotonic clock
   */
  adjust(sharedTime: number, asked: number): void {
    const ahead = Math.round(sharedTime - (asked + clock.now()) / 2);
    if (Math.abs(ahead - this.#ahead) > MAX_CLOCK_NOISE) this.#ahead = ahead;
  }
}
