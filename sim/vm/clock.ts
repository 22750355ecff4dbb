/**
 * A monotonic clock of a simulated board, in ms, driven by the computer's clock.
 *
 * Large steps are split into smaller ones. The clock can also run at a multiple of real time.
 */
export class BoardClock {
  readonly #most: number;
  /** The board's time and the computer's time at the last synchronization. */
  #at = performance.now();
  #real = this.#at;
  #speed = 1;
  #debt = 0;
  #latest = 0;

  /** @param most the largest step between two calls of `advance`, in ms */
  constructor(most: number) {
    this.#most = most;
  }

  /** Returns the current time of the board. Never goes backward. */
  now(): number {
    // the C code extends a 32-bit microsecond counter: one microsecond backward would count as 71 minutes forward
    this.#latest = Math.max(this.#latest, this.#at + Math.min(this.#passed(), this.#most));
    return this.#latest;
  }

  /** Moves the clock forward by `ms` at once, without the step limit. */
  skip(ms: number): void {
    this.#at += ms;
  }

  /** Sets the speed from now on, as a multiple of real time. */
  set speed(speed: number) {
    if (speed !== this.#speed) this.advance();
    this.#speed = speed;
  }

  /** Moves the clock toward the computer's time by one limited step. Returns true when it is still behind. */
  advance(): boolean {
    const due = this.#passed() + this.#debt;
    this.#real = performance.now();
    this.#at += Math.min(due, this.#most);
    // an accelerated clock drops the backlog and runs as fast as the virtual machine can follow
    this.#debt = this.#speed === 1 ? Math.max(0, due - this.#most) : 0;
    return this.#debt > 0;
  }

  #passed(): number {
    return (performance.now() - this.#real) * this.#speed;
  }
}
