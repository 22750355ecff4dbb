/** How far back a number is remembered: more than a board keeps while it is offline, and more than is ever in flight. */
const WINDOW = 1024;

/**
 * Which readings of one device have been seen, by `boot` and `seq`: "at least once" delivery brings some twice, and a
 * board that was away sends old ones between new ones, so that the highest number alone would not tell.
 * Takes 128 bytes, whatever arrives. A number further back than the window counts as new: better twice than never.
 */
export class Seen {
  #boot = -1;
  #highest = -1;
  readonly #bits = new Uint32Array(WINDOW / 32);

  /** Remembers a reading; says whether it is a new one. */
  isNew(boot: number, seq: number): boolean {
    if (boot !== this.#boot) {
      this.#boot = boot;
      this.#bits.fill(0);
      this.#highest = seq;
    } else if (seq > this.#highest) {
      this.#forgetUpTo(seq);
    } else if (seq <= this.#highest - WINDOW) {
      return true;
    }
    const word = (seq % WINDOW) >>> 5;
    const bit = 1 << (seq & 31);
    if (this.#bits[word] & bit) return false;
    this.#bits[word] |= bit;
    return true;
  }

  /** Moves the window: the places of the numbers that come into it are those of numbers that leave it. */
  #forgetUpTo(seq: number): void {
    if (seq - this.#highest >= WINDOW) this.#bits.fill(0);
    else for (let n = this.#highest + 1; n <= seq; n++) this.#bits[(n % WINDOW) >>> 5] &= ~(1 << (n & 31));
    this.#highest = seq;
  }
}
