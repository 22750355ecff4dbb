import type { StorageClock } from "../time/storage-clock.js";
import { clock } from "../time/monotonic-clock.js";

/** The accuracy of the estimate over the network, in ms. Smaller differences are ignored. */
const NOISE = 50;

/**
 * The clock that all servers share, which is Redis's clock. Servers use it for everything that they store for each other,
 * because the wall clocks of two machines differ.
 */
export class SharedClock implements StorageClock {
  /** The estimated difference to the monotonic clock, in ms. */
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

  /** Updates the estimate. @param sharedTime the time of Redis @param asked when it was asked, by the monotonic clock */
  learn(sharedTime: number, asked: number): void {
    const ahead = Math.round(sharedTime - (asked + clock.now()) / 2);
    if (Math.abs(ahead - this.#ahead) > NOISE) this.#ahead = ahead;
  }
}
