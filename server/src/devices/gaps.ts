/** How long missing readings may still be on their way after the last change, in ms. */
export const DRAIN = 5000;

/** How long readings must be missing before the log mentions it, in ms. */
export const PATIENCE = 60_000;

/**
 * Counts the missing readings of a device. After a lost connection a board sends its newest reading first and the older
 * ones afterwards, so readings count as missing only when none has arrived for a while.
 */
export class Gaps {
  /** The readings that will probably not arrive any more. */
  missing = 0;
  #holes = 0;
  /** When the number of holes changed last. */
  #moved = 0;
  #missingSince = 0;
  #reported = 0;

  /** Updates the count of numbers that have not arrived. */
  update(holes: number, now: number): void {
    if (holes === this.#holes) return;
    // A growing number of holes must not postpone the count for ever.
    if (holes < this.#holes || this.#holes === this.missing) this.#moved = now;
    this.#holes = holes;
    if (holes < this.missing) this.missing = holes;
    if (this.missing < this.#reported) this.#reported = this.missing;
  }

  /** Counts readings that will not arrive any more. Returns whether the count has grown. Call this regularly. */
  settle(now: number): boolean {
    if (this.#holes === this.missing || now - this.#moved < DRAIN) return false;
    if (this.missing === this.#reported) this.#missingSince = this.#moved;
    this.missing = this.#holes;
    return true;
  }

  /** Returns true once when the log must mention missing readings. */
  isDue(now: number): boolean {
    if (this.missing === this.#reported || now - this.#missingSince < PATIENCE) return false;
    this.#reported = this.missing;
    return true;
  }
}
