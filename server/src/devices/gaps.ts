/** How long to wait for missing readings after a reading has filled a gap, in ms. */
export const BACKLOG_WAIT = 5000;

/** How long a reading must be missing before the server logs a warning, in ms. */
export const MISSING_LOG_DELAY = 60_000;

/**
 * Counts the missing readings of a device. After a reconnect, a board sends its newest reading first and then older
 * ones. So outstanding readings count as missing only after no older reading has arrived for `BACKLOG_WAIT`.
 */
export class Gaps {
  /** The number of readings that count as missing, because they have not arrived in time. */
  missing = 0;
  #gapCount = 0;
  /** When the waiting time for missing readings last started, by the monotonic clock. */
  #lastChange = 0;
  #missingSince = 0;
  #reported = 0;

  /** Updates the number of sequence numbers that have not arrived. */
  update(gapCount: number, now: number): void {
    if (gapCount === this.#gapCount) return;
    // Do not restart the waiting time for each new gap, because then the time might never end.
    if (gapCount < this.#gapCount || this.#gapCount === this.missing) this.#lastChange = now;
    this.#gapCount = gapCount;
    if (gapCount < this.missing) this.missing = gapCount;
    if (this.missing < this.#reported) this.#reported = this.missing;
  }

  /**
   * Counts the outstanding readings as missing when the waiting time is over. Call this at a regular interval.
   * @returns whether the count has grown
   */
  countMissing(now: number): boolean {
    if (this.#gapCount === this.missing || now - this.#lastChange < BACKLOG_WAIT) return false;
    if (this.missing === this.#reported) this.#missingSince = this.#lastChange;
    this.missing = this.#gapCount;
    return true;
  }

  /** Returns whether the server must log that readings are missing. Returns true only once for the same number. */
  isLogDue(now: number): boolean {
    if (this.missing === this.#reported || now - this.#missingSince < MISSING_LOG_DELAY) return false;
    this.#reported = this.missing;
    return true;
  }
}
