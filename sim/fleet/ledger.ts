/** Tracks readings that are not answered yet, and checks each answer against the rule. */

/** Expected lamp state after a reading: off. */
export const OFF = 0;
/** Expected lamp state after a reading: on. */
export const ON = 1;
/** Expected lamp state that only the server knows: before the first reading, or while a minimum time may be running. */
export const EITHER = 2;

/** The result of checking a command. `again` means that the command answers no outstanding reading. */
export type Verdict = "right" | "wrong" | "again";

/** Counters of answers since the start. */
export interface Counts {
  /** Answered readings, correct or wrong. */
  answered: number;
  /** Commands that contradict the rule for their reading. */
  wrong: number;
  /** Answers that took longer than `LATE`. */
  late: number;
  /** Readings without an answer, where a newer reading of the same device was answered. Not an error. */
  superseded: number;
  /** Commands that answer no outstanding reading, for example duplicates or overrides. */
  again: number;
  /** Readings that were never answered: their connection was lost, or `LOST` elapsed. */
  missing: number;
}

/** Longest response time that does not count as late, in ms. The server treats older readings as outdated (STALE). */
export const LATE = 2000;
/** Timeout after which a reading counts as missing, in ms. */
export const LOST = 30_000;

const NONE = -1;

/**
 * Stores the outstanding readings of each device, oldest first.
 *
 * The readings form a linked list for each device within shared typed arrays, with a free list for unused places.
 * The arrays grow with the number of outstanding readings.
 */
export class Ledger {
  readonly counts: Counts = { answered: 0, wrong: 0, late: 0, superseded: 0, again: 0, missing: 0 };
  /** Number of readings that wait for an answer. */
  outstanding = 0;
  /** Place of the oldest outstanding reading of each device, or NONE. */
  readonly #first: Int32Array;
  // arrays indexed by place; #next links the outstanding readings of each device, and the free places
  #next = new Int32Array(0);
  #seq = new Uint32Array(0);
  #at = new Float64Array(0);
  #expected = new Uint8Array(0);
  #free = NONE;

  constructor(devices: number) {
    this.#first = new Int32Array(devices).fill(NONE);
  }

  /**
   * Adds a sent reading.
   * @param at time of sending, in ms
   * @param expected the lamp state that the rule requires: OFF, ON or EITHER
   */
  sent(device: number, seq: number, at: number, expected: number): void {
    if (this.#free === NONE) this.#grow();
    const place = this.#free;
    this.#free = this.#next[place];
    this.#next[place] = NONE;
    this.#seq[place] = seq;
    this.#at[place] = at;
    this.#expected[place] = expected;
    this.outstanding++;
    let last = this.#first[device];
    if (last === NONE) {
      this.#first[device] = place;
      return;
    }
    while (this.#next[last] !== NONE) last = this.#next[last];
    this.#next[last] = place;
  }

  /**
   * Checks a received command and removes the readings that it answers.
   * @param seq sequence number of the answered reading; undefined selects the oldest reading that fits the command
   * @param answered called with the response time, in ms
   */
  command(
    device: number,
    seq: number | undefined,
    led_on: boolean,
    now: number,
    answered: (ms: number) => void,
  ): Verdict {
    const { counts } = this;
    const place = seq === undefined ? this.#fitting(device, led_on) : this.#numbered(device, seq);
    if (place === NONE) {
      counts.again++;
      return "again";
    }
    while (this.#first[device] !== place) {
      this.#drop(device);
      counts.superseded++;
    }
    const took = now - this.#at[place];
    const right = this.#expected[place] === EITHER || this.#expected[place] === (led_on ? ON : OFF);
    this.#drop(device);
    counts.answered++;
    if (took > LATE) counts.late++;
    if (!right) counts.wrong++;
    answered(took);
    return right ? "right" : "wrong";
  }

  /** Returns whether the device has an outstanding reading. */
  waits(device: number): boolean {
    return this.#first[device] !== NONE;
  }

  /**
   * Counts the readings of a device that were sent before a time as missing and removes them.
   * @param before time in ms; `Infinity` selects all readings
   * @returns whether there were any such readings
   */
  giveUp(device: number, before: number): boolean {
    for (let any = false; ; any = true) {
      const place = this.#first[device];
      if (place === NONE || this.#at[place] >= before) return any;
      this.#drop(device);
      this.counts.missing++;
    }
  }

  /** Returns the place of the reading with a sequence number, or NONE. */
  #numbered(device: number, seq: number): number {
    let place = this.#first[device];
    while (place !== NONE && this.#seq[place] !== seq) place = this.#next[place];
    return place;
  }

  /** Returns the place of the oldest reading that a command fits, or of the oldest reading when it fits none. */
  #fitting(device: number, led_on: boolean): number {
    let place = this.#first[device];
    while (place !== NONE && this.#expected[place] !== EITHER && this.#expected[place] !== (led_on ? ON : OFF))
      place = this.#next[place];
    return place === NONE ? this.#first[device] : place;
  }

  /** Removes the oldest outstanding reading of a device. */
  #drop(device: number): void {
    const place = this.#first[device];
    this.#first[device] = this.#next[place];
    this.#next[place] = this.#free;
    this.#free = place;
    this.outstanding--;
  }

  /** Doubles the arrays and adds the new places to the free list. */
  #grow(): void {
    const before = this.#seq.length;
    const size = Math.max(1024, before * 2);
    this.#next = larger(this.#next, new Int32Array(size));
    this.#seq = larger(this.#seq, new Uint32Array(size));
    this.#at = larger(this.#at, new Float64Array(size));
    this.#expected = larger(this.#expected, new Uint8Array(size));
    for (let place = before; place < size; place++) this.#next[place] = place + 1 < size ? place + 1 : NONE;
    this.#free = before;
  }
}

function larger<T extends Int32Array | Uint32Array | Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
