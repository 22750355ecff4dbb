/** For how long an estimate counts, in ms: long enough to outlast a burst, short enough to follow clocks that drift. */
const SPAN = 60_000;

/** A clock as it is stored. */
export type StoredClock = readonly [latest: number, before: number, since: number];

/**
 * When a board started, by the server's clock: boards have none. Each reading says how long after the start it was
 * taken (`at`) and how long before it was sent (`age`), so that arrival − age − at is the start plus the time on the way;
 * the smallest of the last one to two minutes in which the board was heard is the best estimate. A reading that waited
 * at a broker, or was sent again after a cut, so gets the time at which it was taken.
 */
export class Clock {
  #latest: number;
  #before: number;
  #since: number;

  private constructor([latest, before, since]: StoredClock) {
    this.#latest = latest;
    this.#before = before;
    this.#since = since;
  }

  /** A clock of which this is the first reading. */
  static from(arrival: number, at: number, age: number): Clock {
    const start = arrival - age - at;
    return new Clock([start, start, arrival]);
  }

  static restore(stored: StoredClock): Clock {
    return new Clock(stored);
  }

  store(): StoredClock {
    return [this.#latest, this.#before, this.#since];
  }

  /** When a reading was taken, in ms since 1970, never after it arrived. All in ms. */
  taken(arrival: number, at: number, age: number): number {
    const start = arrival - age - at;
    if (Math.abs(arrival - this.#since) > SPAN) {
      this.#before = this.#latest;
      this.#latest = start;
      this.#since = arrival;
    } else if (start < this.#latest) this.#latest = start;
    return at + Math.min(this.#latest, this.#before);
  }
}
