import type { StorageClock } from "../time/storage-clock.js";
import { clock } from "../time/monotonic-clock.js";

/** Noise in what is measured over the network, in ms. */
const NOISE = 50;

/**
 * The clock that all servers share, which is Redis's. What a server stores for others is dated by it, because the wall
 * clocks of two machines differ; a server's own times are by its monotonic clock.
 */
export class SharedClock implements StorageClock {
  /** How far it is ahead of the monotonic clock, in ms. */
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

  /** Redis said what time it is. @param asked when it was asked, by the monotonic clock; it answered just now */
  learn(sharedTime: number, asked: number): void {
    const ahead = Math.round(sharedTime - (asked + clock.now()) / 2);
    if (Math.abs(ahead - this.#ahead) > NOISE) this.#ahead = ahead;
  }
}
