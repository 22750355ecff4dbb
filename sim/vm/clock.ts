/** The clock of a board, in ms: it only goes forward, whatever happens to the computer's, and can be held back. */
export class BoardClock {
  #skipped = 0;
  #debt = 0;
  #last = performance.now();
  #latest = 0;

  /** What the machine takes for the time of day. */
  now(): number {
    // a step back of a microsecond would be one of 71 minutes forward: the C code widens 32 bits
    this.#latest = Math.max(this.#latest, performance.now() + this.#skipped - this.#debt);
    return this.#latest;
  }

  skip(ms: number): void {
    this.#skipped += ms;
  }

  /** Goes on by at most `most` since the last call; true when there is more to catch up on. */
  advance(most: number): boolean {
    const now = performance.now();
    const due = now - this.#last + this.#debt;
    this.#last = now;
    this.#debt = Math.max(0, due - most);
    return this.#debt > 0;
  }
}
