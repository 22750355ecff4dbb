import { putBytes } from "../bytes.js";

/** The room of one payload, in bytes: what changes often fits, a lamp's command and what is told to apps of it. */
const SLOT = 64;
/** Before the payload: its length, or `LARGE`, and its QoS. */
const HEAD = 2;
const LARGE = 255;
/** Slots in one piece of memory. */
const SLOTS = 1024;

/**
 * Payloads of messages that are kept, by number, in a few pieces of memory: as strings or buffers, of which there are several for
 * each of 100,000 devices, every new one would live long enough to be moved about by the garbage collector, and none for ever.
 */
export class Payloads {
  readonly #pieces: Buffer[] = [];
  /** Those that do not fit, their bytes as Latin-1. */
  readonly #large = new Map<number, string>();
  /** Numbers below `#end` that are nobody's. */
  readonly #free: number[] = [];
  #end = 0;

  /** Keeps one; gives its number. */
  add(payload: Buffer, qos: number): number {
    const number = this.#free.pop() ?? this.#end++;
    if (number === this.#pieces.length * SLOTS) this.#pieces.push(Buffer.allocUnsafeSlow(SLOTS * SLOT));
    this.#put(number, payload, qos);
    return number;
  }

  /** Keeps another one in its place. */
  set(number: number, payload: Buffer, qos: number): void {
    if (this.#isLarge(number)) this.#large.delete(number);
    this.#put(number, payload, qos);
  }

  /** A copy of it. */
  get(number: number): Buffer {
    const large = this.#isLarge(number) && this.#large.get(number);
    if (large) return Buffer.from(large, "latin1");
    const piece = this.#pieces[Math.floor(number / SLOTS)];
    const at = (number % SLOTS) * SLOT;
    return Buffer.from(piece.subarray(at + HEAD, at + HEAD + piece[at]));
  }

  qosOf(number: number): number {
    return this.#pieces[Math.floor(number / SLOTS)][(number % SLOTS) * SLOT + 1];
  }

  delete(number: number): void {
    if (this.#isLarge(number)) this.#large.delete(number);
    this.#free.push(number);
  }

  #isLarge(number: number): boolean {
    return this.#pieces[Math.floor(number / SLOTS)][(number % SLOTS) * SLOT] === LARGE;
  }

  #put(number: number, payload: Buffer, qos: number): void {
    const piece = this.#pieces[Math.floor(number / SLOTS)];
    const at = (number % SLOTS) * SLOT;
    const fits = payload.length <= SLOT - HEAD;
    piece[at] = fits ? payload.length : LARGE;
    piece[at + 1] = qos;
    if (fits) putBytes(piece, at + HEAD, payload);
    else this.#large.set(number, payload.toString("latin1"));
  }
}
