/** How long after a gap opened, or was last filled, its readings may still be on their way, in ms. */
export const DRAIN = 5000;

/** How long readings are missing until the log says so, in ms. */
export const PATIENCE = 60_000;

/**
 * The readings of a device that have not come. After a cut a board sends its newest reading first, and what it kept
 * follows: so a gap counts only when nothing has filled it for a while.
 */
export class Gaps {
  /** Readings that will not come any more, as far as can be told. */
  missing = 0;
  #holes = 0;
  /** When a gap was opened or filled last. */
  #moved = 0;
  #missingSince = 0;
  #told = 0;

  /** So many numbers have not come. A new boot begins anew. */
  update(holes: number, now: number): void {
    if (holes === this.#holes) return;
    // more and more gaps are not a reason to wait for ever
    if (holes < this.#holes || this.#holes === this.missing) this.#moved = now;
    this.#holes = holes;
    if (holes < this.missing) this.missing = holes;
    if (this.missing < this.#told) this.#told = this.missing;
  }

  /** To be called now and then; whether there are more missing than before. */
  settle(now: number): boolean {
    if (this.#holes === this.missing || now - this.#moved < DRAIN) return false;
    if (this.missing === this.#told) this.#missingSince = this.#moved;
    this.missing = this.#holes;
    return true;
  }

  /** Whether it is time to tell of readings that are missing; says so once for each. */
  isDue(now: number): boolean {
    if (this.missing === this.#told || now - this.#missingSince < PATIENCE) return false;
    this.#told = this.missing;
    return true;
  }
}
