/** How far back a number is remembered: more than a board keeps while it is offline, and more than is ever in flight. */
export const WINDOW = 1024;

/** `newest`: no higher number came before. `late`: a new reading, but of the past. `duplicate`: it was here before. */
export type Arrival = "newest" | "late" | "duplicate";

/** A sequence as it is stored: first, highest, holes, and the bits in base64, "" when all are set. */
export type StoredSequence = readonly [first: number, highest: number, holes: number, bits: string];

/**
 * Which numbers of one boot have been seen: "at least once" delivery brings some twice, and a board that was away sends
 * old ones after the newest, so that the highest number alone would not tell.
 * Without gaps it takes a few bytes, with gaps 128 more, whatever arrives. A number further back than the window counts
 * as new: better twice than never.
 */
export class Sequence {
  /** Numbers that have not come, up to the highest. */
  holes: number;
  #first: number;
  #highest: number;
  /** Those seen of the window that ends with the highest; undefined when all of them were. */
  #bits: Uint32Array | undefined;

  private constructor([first, highest, holes, bits]: StoredSequence) {
    this.#first = first;
    this.#highest = highest;
    this.holes = holes;
    if (bits) this.#bits = new Uint32Array(new Uint8Array(Buffer.from(bits, "base64")).buffer);
  }

  /** A boot of which `seq` is the first number to come: what it sent before, as far as it may still come, is missing. */
  static from(seq: number): Sequence {
    // a board that has run for long was not always this server's
    const first = seq <= WINDOW ? Math.min(1, seq) : seq;
    const sequence = new Sequence([first, seq, seq - first, ""]);
    if (seq > first || first > 1) {
      sequence.#bits = new Uint32Array(WINDOW / 32);
      sequence.#see(seq);
    }
    return sequence;
  }

  static restore(stored: StoredSequence): Sequence {
    return new Sequence(stored);
  }

  store(): StoredSequence {
    const bits = this.#bits ? Buffer.from(this.#bits.buffer).toString("base64") : "";
    return [this.#first, this.#highest, this.holes, bits];
  }

  /** Remembers a number. */
  take(seq: number): Arrival {
    if (seq > this.#highest) {
      this.#moveTo(seq);
      return "newest";
    }
    if (seq <= this.#highest - WINDOW) return "late";
    if (!this.#bits || this.#bits[(seq % WINDOW) >>> 5] & (1 << (seq & 31))) return "duplicate";
    this.#see(seq);
    if (seq >= this.#first) this.holes--;
    return "late";
  }

  #see(seq: number): void {
    this.#bits![(seq % WINDOW) >>> 5] |= 1 << (seq & 31);
  }

  /** Moves the window: the places of the numbers that come into it are those of numbers that leave it. */
  #moveTo(seq: number): void {
    const skipped = seq - this.#highest - 1;
    if (skipped > 0) this.#bits ??= new Uint32Array(WINDOW / 32).fill(0xffffffff);
    if (this.#bits) {
      if (skipped >= WINDOW) this.#bits.fill(0);
      else for (let n = this.#highest + 1; n < seq; n++) this.#bits[(n % WINDOW) >>> 5] &= ~(1 << (n & 31));
      this.#see(seq);
      if (seq % 32 === 0 && this.#bits.every((word) => word === 0xffffffff)) this.#bits = undefined;
    }
    this.holes += skipped;
    this.#highest = seq;
  }
}
