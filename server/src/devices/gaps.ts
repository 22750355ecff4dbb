/** How long to wait for missing readings after a reading has filled a gap, in ms. */
export const DRAIN = 5000;

/** How long readings must be missing before the server logs a warning, in ms. */
export const PATIENCE = 60_000;

/**
 * Counts the missing readings of a device. After a reconnect, a board sends its newest reading first and older readings
 * afterwards. So readings count as missing only when no older reading has arrived for a while.
 */
export class Gaps {
  /** The number of readings that will probably not arrive any more. */
  missing = 0;
  #holes = 0;
  /** When the last change of `#holes` restarted the waiting time. */
  #moved = 0;
  #missingSince = 0;
  #reported = 0;

  /** Updates the number of sequence numbers that have not arrived. */
  update(holes: number, now: number): void {
    if (holes === this.#holes) return;
    // A growing number of holes must not restart the waiting time again and again.
    if (holes < this.#holes || this.#holes === this.missing) this.#moved = now;
    this.#holes = holes;
    if (holes < this.missing) this.missing = holes;
    if (this.missing < this.#reported) this.#reported = this.missing;
  }

  /**
   * Counts the outstanding readings as missing when the waiting time is over. Call this at a regular interval.
   * @returns whether the count has grown
   */
  settle(now: number): boolean {
    if (this.#holes === this.missing || now - this.#moved < DRAIN) return false;
    if (this.missing === this.#reported) this.#missingSince = this.#moved;
    this.missing = this.#holes;
    return true;
  }

  /** Returns true once when the server must log that readings are missing. */
  isDue(now: number): boolean {
    if (this.missing === this.#reported || now - this.#missingSince < PATIENCE) return false;
    this.#reported = this.missing;
    return true;
  }
}
