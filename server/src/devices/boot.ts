import type { Clock } from "./board-clock.js";
import { BEFORE, BOOT, BOOT_WIDTH, FIRST, HIGHEST, HOLES, LATEST, SINCE_WHEN, SURE } from "./device-numbers.js";
import type { Sequence } from "./sequence.js";

/** Value of the flag `sure` for a clock that was certain in an earlier run of the server but is not confirmed yet. */
const UNCONFIRMED = 2;

/**
 * A boot: one run of a board's firmware. This class records which readings of the boot have arrived and when the boot
 * began.
 */
export class Boot implements Sequence, Clock {
  bits: Uint32Array | undefined;
  #numbers: Float64Array<ArrayBufferLike>;
  #at: number;

  /**
   * @param numbers the array that stores the fields of this boot
   * @param at the index of the first field
   */
  constructor(numbers: Float64Array<ArrayBufferLike> = new Float64Array(BOOT_WIDTH), at = 0) {
    this.#numbers = numbers;
    this.#at = at;
    this.boot = NaN;
    this.holes = 0;
  }

  /** Uses another array, to which the caller has copied the fields of this boot. */
  moveTo(numbers: Float64Array<ArrayBufferLike>, at: number): void {
    this.#numbers = numbers;
    this.#at = at;
  }

  /** Returns a copy of this boot that does not share its array. */
  copy(): Boot {
    const copy = new Boot();
    copy.#numbers.set(this.#numbers.subarray(this.#at, this.#at + BOOT_WIDTH));
    copy.bits = this.bits;
    return copy;
  }

  /** The number of the boot; NaN before the first reading. */
  get boot(): number {
    return this.#numbers[this.#at + BOOT];
  }
  set boot(boot: number) {
    this.#numbers[this.#at + BOOT] = boot;
  }
  get first(): number {
    return this.#numbers[this.#at + FIRST];
  }
  set first(first: number) {
    this.#numbers[this.#at + FIRST] = first;
  }
  get highest(): number {
    return this.#numbers[this.#at + HIGHEST];
  }
  set highest(highest: number) {
    this.#numbers[this.#at + HIGHEST] = highest;
  }
  get holes(): number {
    return this.#numbers[this.#at + HOLES];
  }
  set holes(holes: number) {
    this.#numbers[this.#at + HOLES] = holes;
  }
  get latest(): number {
    return this.#numbers[this.#at + LATEST];
  }
  set latest(latest: number) {
    this.#numbers[this.#at + LATEST] = latest;
  }
  get before(): number {
    return this.#numbers[this.#at + BEFORE];
  }
  set before(before: number) {
    this.#numbers[this.#at + BEFORE] = before;
  }
  get since(): number {
    return this.#numbers[this.#at + SINCE_WHEN];
  }
  set since(since: number) {
    this.#numbers[this.#at + SINCE_WHEN] = since;
  }
  /** Whether the estimated start of the boot relies on a reading that was not delayed. */
  get sure(): boolean {
    return this.#numbers[this.#at + SURE] > 0;
  }
  set sure(sure: boolean) {
    this.#numbers[this.#at + SURE] = sure ? 1 : 0;
  }
  /** Whether the estimated start comes from an earlier run of the server, and no reading has confirmed it since. */
  get unconfirmed(): boolean {
    return this.#numbers[this.#at + SURE] === UNCONFIRMED;
  }
  unconfirm(): void {
    if (this.sure) this.#numbers[this.#at + SURE] = UNCONFIRMED;
  }
}
