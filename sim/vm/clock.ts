/** The clock of a board, in ms: it only goes forward, whatever happens to the computer's, can be held back, and can hurry. */
export class BoardClock {
  readonly #most: number;
  /** The board's time and the computer's when they were last compared. */
  #at = performance.now();
  #real = this.#at;
  #speed = 1;
  #debt = 0;
  #latest = 0;

  /** @param most how far it goes at most between two calls of `advance`, in ms */
  constructor(most: number) {
    this.#most = most;
  }

  /** What the machine takes for the time of day. */
  now(): number {
    // a step back of a microsecond would be one of 71 minutes forward: the C code widens 32 bits
    this.#latest = Math.max(this.#latest, this.#at + Math.min(this.#passed(), this.#most));
    return this.#latest;
  }

  skip(ms: number): void {
    this.#at += ms;
  }

  /** How many times as fast as the computer's it goes from now on. */
  set speed(speed: number) {
    if (speed !== this.#speed) this.advance();
    this.#speed = speed;
  }

  /** Follows the computer's clock as far as it may at once; true when there is more to catch up on. */
  advance(): boolean {
    const due = this.#passed() + this.#debt;
    this.#real = performance.now();
    this.#at += Math.min(due, this.#most);
    // a clock that hurries owes the computer's nothing: it goes as fast as the machine can follow
    this.#debt = this.#speed === 1 ? Math.max(0, due - this.#most) : 0;
    return this.#debt > 0;
  }

  #passed(): number {
    return (performance.now() - this.#real) * this.#speed;
  }
}
