import { clock } from "../time/monotonic-clock.js";

/** How often a board may start soon after its update: for the update itself, and twice for other reasons. */
const MAX_STARTS = 3;

/** Counts how often a board starts soon after its update. A program that connects and then crashes starts again and again. */
export class StartCounter {
  readonly #boots = new Set<number>();
  readonly #end: number;

  /** @param duration how long the starts count, in ms */
  constructor(duration: number) {
    this.#end = clock.now() + duration;
  }

  /**
   * Counts a start, unless it was counted before.
   * @param boot the number of the start, as the board reports it; undefined for devices that do not report it
   * @returns whether the board has started too often
   */
  add(boot: number | undefined): boolean {
    if (boot === undefined || clock.now() > this.#end) return false;
    this.#boots.add(boot);
    return this.#boots.size > MAX_STARTS;
  }
}
