/** How long missing readings may still be on their way after the last change, in ms. */
export const BACKLOG_WAIT = 5000;

/** How long readings must be missing before the log mentions it, in ms. */
export const LOG_DELAY = 60_000;

/**
 * Counts the missing readings of a device. After a lost connection a board sends its newest reading first and the older
 * ones afterwards, so readings count as missing only when none has arrived for a while.
 */
export class Gaps {
  /** The readings that will probably not arrive any more. */
  missing = 0;
  #gapCount = 0;
  /** When the gap count changed last. */
  #lastChange = 0;
  #missingSince = 0;
  #reported = 0;

  /** Updates the count of numbers that have not arrived. */
  update(gapCount: number, now: number): void {
    if (gapCount === this.#gapCount) return;
    // A growing gap count must not postpone the count for ever.
    if (gapCount < this.#gapCount || this.#gapCount === this.missing) this.#lastChange = now;
    this.#gapCount = gapCount;
    if (gapCount < this.missing) this.missing = gapCount;
    if (this.missing < this.#reported) this.#reported = this.missing;
  }

  /** Counts readings that will not arrive any more. Returns whether the count has grown. Call this regularly. */
  countMissing(now: number): boolean {
    if (this.#gapCount === this.missing || now - this.#lastChange < BACKLOG_WAIT) return false;
    if (this.missing === this.#reported) this.#missingSince = this.#lastChange;
    this.missing = this.#gapCount;
    return true;
  }

  /** Returns true once when the log must mention missing readings. */
  isDue(now: number): boolean {
    if (this.missing === this.#reported || now - this.#missingSince < LOG_DELAY) return false;
    this.#reported = this.missing;
    return true;
  }
}
