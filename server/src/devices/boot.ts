import type { BoardClock } from "./board-clock.js";
import {
  CLOCK_PREVIOUS_MIN,
  BOOT_NUMBER,
  BOOT_WIDTH,
  FIRST_SEQ,
  HIGHEST_SEQ,
  GAP_COUNT,
  CLOCK_CURRENT_MIN,
  CLOCK_PERIOD_START,
  CLOCK_CERTAIN,
} from "./device-numbers.js";
import type { Sequence } from "./sequence.js";

/**
 * Value of `CLOCK_CERTAIN` for an estimate that was certain in an earlier run of the server and is not confirmed yet.
 */
const UNCONFIRMED = 2;

/**
 * One boot of a board: the time from a start of its firmware to the next restart. Records which readings of the boot
 * have arrived and when the boot began.
 */
export class Boot implements Sequence, BoardClock {
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
    this.gapCount = 0;
  }

  /** Makes this boot use another array. The caller has already copied the fields to this array. */
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
    return this.#numbers[this.#at + BOOT_NUMBER];
  }
  set boot(boot: number) {
    this.#numbers[this.#at + BOOT_NUMBER] = boot;
  }
  get first(): number {
    return this.#numbers[this.#at + FIRST_SEQ];
  }
  set first(first: number) {
    this.#numbers[this.#at + FIRST_SEQ] = first;
  }
  get highest(): number {
    return this.#numbers[this.#at + HIGHEST_SEQ];
  }
  set highest(highest: number) {
    this.#numbers[this.#at + HIGHEST_SEQ] = highest;
  }
  get gapCount(): number {
    return this.#numbers[this.#at + GAP_COUNT];
  }
  set gapCount(gapCount: number) {
    this.#numbers[this.#at + GAP_COUNT] = gapCount;
  }
  get currentMin(): number {
    return this.#numbers[this.#at + CLOCK_CURRENT_MIN];
  }
  set currentMin(latest: number) {
    this.#numbers[this.#at + CLOCK_CURRENT_MIN] = latest;
  }
  get previousMin(): number {
    return this.#numbers[this.#at + CLOCK_PREVIOUS_MIN];
  }
  set previousMin(before: number) {
    this.#numbers[this.#at + CLOCK_PREVIOUS_MIN] = before;
  }
  get periodStart(): number {
    return this.#numbers[this.#at + CLOCK_PERIOD_START];
  }
  set periodStart(since: number) {
    this.#numbers[this.#at + CLOCK_PERIOD_START] = since;
  }
  /** Whether the estimated start of the boot relies on a reading that was not delayed. */
  get isClockCertain(): boolean {
    return this.#numbers[this.#at + CLOCK_CERTAIN] > 0;
  }
  set isClockCertain(sure: boolean) {
    this.#numbers[this.#at + CLOCK_CERTAIN] = sure ? 1 : 0;
  }
  /** Whether the estimated start comes from an earlier run of the server, and no reading has confirmed it since. */
  get unconfirmed(): boolean {
    return this.#numbers[this.#at + CLOCK_CERTAIN] === UNCONFIRMED;
  }
  unconfirm(): void {
    if (this.isClockCertain) this.#numbers[this.#at + CLOCK_CERTAIN] = UNCONFIRMED;
  }
}
