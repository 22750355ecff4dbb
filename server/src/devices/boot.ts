import type { BoardClock } from "./board-clock.js";
import {
  PREVIOUS_MIN_COLUMN,
  BOOT_NUMBER_COLUMN,
  BOOT_WIDTH,
  FIRST_SEQ_COLUMN,
  HIGHEST_SEQ_COLUMN,
  GAP_COUNT_COLUMN,
  CURRENT_MIN_COLUMN,
  PERIOD_START_COLUMN,
  CLOCK_CERTAIN_COLUMN,
} from "./device-numbers.js";
import type { Sequence } from "./sequence.js";

/**
 * Value of `CLOCK_CERTAIN_COLUMN` for an estimate that was certain in an earlier run of the server and is not confirmed yet.
 */
const CLOCK_UNCONFIRMED = 2;

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
    this.bootNumber = NaN;
    this.gapCount = 0;
  }

  /** Makes this boot use another array. The caller has already copied the fields to this array. */
  useArray(numbers: Float64Array<ArrayBufferLike>, at: number): void {
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
  get bootNumber(): number {
    return this.#numbers[this.#at + BOOT_NUMBER_COLUMN];
  }
  set bootNumber(boot: number) {
    this.#numbers[this.#at + BOOT_NUMBER_COLUMN] = boot;
  }
  get firstSeq(): number {
    return this.#numbers[this.#at + FIRST_SEQ_COLUMN];
  }
  set firstSeq(first: number) {
    this.#numbers[this.#at + FIRST_SEQ_COLUMN] = first;
  }
  get highestSeq(): number {
    return this.#numbers[this.#at + HIGHEST_SEQ_COLUMN];
  }
  set highestSeq(highest: number) {
    this.#numbers[this.#at + HIGHEST_SEQ_COLUMN] = highest;
  }
  get gapCount(): number {
    return this.#numbers[this.#at + GAP_COUNT_COLUMN];
  }
  set gapCount(gapCount: number) {
    this.#numbers[this.#at + GAP_COUNT_COLUMN] = gapCount;
  }
  get currentMin(): number {
    return this.#numbers[this.#at + CURRENT_MIN_COLUMN];
  }
  set currentMin(latest: number) {
    this.#numbers[this.#at + CURRENT_MIN_COLUMN] = latest;
  }
  get previousMin(): number {
    return this.#numbers[this.#at + PREVIOUS_MIN_COLUMN];
  }
  set previousMin(before: number) {
    this.#numbers[this.#at + PREVIOUS_MIN_COLUMN] = before;
  }
  get periodStart(): number {
    return this.#numbers[this.#at + PERIOD_START_COLUMN];
  }
  set periodStart(since: number) {
    this.#numbers[this.#at + PERIOD_START_COLUMN] = since;
  }
  /** Whether the estimated start of the boot relies on a reading that was not delayed. */
  get isClockCertain(): boolean {
    return this.#numbers[this.#at + CLOCK_CERTAIN_COLUMN] > 0;
  }
  set isClockCertain(sure: boolean) {
    this.#numbers[this.#at + CLOCK_CERTAIN_COLUMN] = sure ? 1 : 0;
  }
  /** Whether the estimated start comes from an earlier run of the server, and no reading has confirmed it since. */
  get isUnconfirmed(): boolean {
    return this.#numbers[this.#at + CLOCK_CERTAIN_COLUMN] === CLOCK_UNCONFIRMED;
  }
  markUnconfirmed(): void {
    if (this.isClockCertain) this.#numbers[this.#at + CLOCK_CERTAIN_COLUMN] = CLOCK_UNCONFIRMED;
  }
}
