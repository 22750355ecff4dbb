/**
 * A monotonic clock of a simulated board, in ms, driven by the computer's clock.
 *
 * The clock advances in steps of at most `maxStep`, and can run at a multiple of real time.
 */
export class BoardClock {
  readonly #maxStep: number;
  /** The board's time at the last synchronization, in ms. */
  #boardTime = performance.now();
  /** The computer's time at the last synchronization, in ms. */
  #syncedAt = this.#boardTime;
  #speed = 1;
  #backlog = 0;
  #latest = 0;

  /** @param maxStep the largest step between two calls of `advance`, in ms */
  constructor(maxStep: number) {
    this.#maxStep = maxStep;
  }

  /** Returns the current time of the board. Never goes backward. */
  now(): number {
    // the C code extends a 32-bit microsecond counter: one microsecond backward would count as 71 minutes forward
    this.#latest = Math.max(this.#latest, this.#boardTime + Math.min(this.#elapsed(), this.#maxStep));
    return this.#latest;
  }

  /** Moves the clock forward by `ms` at once, without the step limit. */
  skip(ms: number): void {
    this.#boardTime += ms;
  }

  /** Sets the speed of the clock, as a multiple of real time. The current time does not change. */
  set speed(speed: number) {
    if (speed !== this.#speed) this.advance();
    this.#speed = speed;
  }

  /** Moves the clock toward the computer's time by one limited step. Returns true while the clock lags. */
  advance(): boolean {
    const due = this.#elapsed() + this.#backlog;
    this.#syncedAt = performance.now();
    this.#boardTime += Math.min(due, this.#maxStep);
    // an accelerated clock drops the backlog and runs as fast as the virtual machine can follow
    this.#backlog = this.#speed === 1 ? Math.max(0, due - this.#maxStep) : 0;
    return this.#backlog > 0;
  }

  #elapsed(): number {
    return (performance.now() - this.#syncedAt) * this.#speed;
  }
}
