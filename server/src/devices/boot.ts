import type { Clock } from "./board-clock.js";
import { BEFORE, BOOT, BOOT_WIDTH, FIRST, HIGHEST, HOLES, LATEST, SINCE_WHEN, SURE } from "./device-numbers.js";
import type { Sequence } from "./sequence.js";

/** In the place of `sure`: so it was, to an earlier run. */
const UNCONFIRMED = 2;

/** One run of a board's firmware: which of its readings have come, and when it began. */
export class Boot implements Sequence, Clock {
  bits: Uint32Array | undefined;
  #numbers: Float64Array<ArrayBufferLike>;
  #at: number;

  /** @param numbers where its numbers are, from `at` on */
  constructor(numbers: Float64Array<ArrayBufferLike> = new Float64Array(BOOT_WIDTH), at = 0) {
    this.#numbers = numbers;
    this.#at = at;
    this.boot = NaN;
    this.holes = 0;
  }

  /** Its numbers were moved there. */
  moveTo(numbers: Float64Array<ArrayBufferLike>, at: number): void {
    this.#numbers = numbers;
    this.#at = at;
  }

  /** One that goes on by itself where this one is. */
  copy(): Boot {
    const copy = new Boot();
    copy.#numbers.set(this.#numbers.subarray(this.#at, this.#at + BOOT_WIDTH));
    copy.bits = this.bits;
    return copy;
  }

  /** NaN when there was none yet. */
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
  /** Whether the clock goes by a reading that did not wait anywhere. */
  get sure(): boolean {
    return this.#numbers[this.#at + SURE] > 0;
  }
  set sure(sure: boolean) {
    this.#numbers[this.#at + SURE] = sure ? 1 : 0;
  }
  /** Whether the clock was stored by an earlier run, whose wall clock may have been another: nothing has confirmed it since. */
  get unconfirmed(): boolean {
    return this.#numbers[this.#at + SURE] === UNCONFIRMED;
  }
  unconfirm(): void {
    if (this.sure) this.#numbers[this.#at + SURE] = UNCONFIRMED;
  }
}
