/** Tracks readings that are not answered yet, and checks each answer against the rule. */

/** Expected lamp state after a reading: off. */
export const LAMP_OFF = 0;
/** Expected lamp state after a reading: on. */
export const LAMP_ON = 1;
/**
 * Expected lamp state after a reading: on or off, because both count as correct. This is so before the first reading,
 * and while a minimum on or off time may be running.
 */
export const LAMP_EITHER = 2;

/** The result of checking a command. `again` means that the command answers no outstanding reading. */
export type Verdict = "right" | "wrong" | "again";

/** Counters of answers since the start. */
export interface AnswerCounts {
  /** Readings that a command answered, correctly or wrongly. */
  answered: number;
  /** Commands that contradict the rule for their reading. */
  wrong: number;
  /** Answers that took longer than `LATE_ANSWER_TIME`. */
  late: number;
  /** Readings without an answer of their own, after which a newer reading was answered. They do not count as errors. */
  superseded: number;
  /** Commands that answer no outstanding reading, for example duplicates or overrides. */
  again: number;
  /** Readings that were never answered: their connection was lost, or `MISSING_ANSWER_TIME` elapsed. */
  missing: number;
}

/** Longest response time that does not count as late, in ms. */
export const LATE_ANSWER_TIME = 2000;
/** Timeout after which a reading counts as missing, in ms. */
export const MISSING_ANSWER_TIME = 30_000;

const NO_SLOT = -1;

/**
 * Stores the outstanding readings of each device, oldest first.
 *
 * The readings form a linked list for each device within shared typed arrays, with a free list for unused slots.
 * The arrays grow with the number of outstanding readings.
 */
export class ReadingTracker {
  readonly counts: AnswerCounts = { answered: 0, wrong: 0, late: 0, superseded: 0, again: 0, missing: 0 };
  /** Number of readings that wait for an answer. */
  outstanding = 0;
  /** Slot of the oldest outstanding reading of each device, or `NO_SLOT`. */
  readonly #first: Int32Array;
  // arrays indexed by slot; #next links the outstanding readings of each device, and the free slots
  #next = new Int32Array(0);
  #seq = new Uint32Array(0);
  #sentAt = new Float64Array(0);
  #expected = new Uint8Array(0);
  #freeSlot = NO_SLOT;

  constructor(devices: number) {
    this.#first = new Int32Array(devices).fill(NO_SLOT);
  }

  /**
   * Adds a sent reading.
   * @param at time of sending, in ms
   * @param expected the lamp state that the rule requires: `LAMP_OFF`, `LAMP_ON` or `LAMP_EITHER`
   */
  add(device: number, seq: number, at: number, expected: number): void {
    if (this.#freeSlot === NO_SLOT) this.#grow();
    const slot = this.#freeSlot;
    this.#freeSlot = this.#next[slot];
    this.#next[slot] = NO_SLOT;
    this.#seq[slot] = seq;
    this.#sentAt[slot] = at;
    this.#expected[slot] = expected;
    this.outstanding++;
    let last = this.#first[device];
    if (last === NO_SLOT) {
      this.#first[device] = slot;
      return;
    }
    while (this.#next[last] !== NO_SLOT) last = this.#next[last];
    this.#next[last] = slot;
  }

  /**
   * Checks a received command and removes the readings that it answers.
   * @param seq sequence number of the answered reading; undefined selects the oldest reading that fits the command
   * @param answered called with the response time, in ms
   */
  checkCommand(
    device: number,
    seq: number | undefined,
    led_on: boolean,
    now: number,
    answered: (ms: number) => void,
  ): Verdict {
    const { counts } = this;
    const slot = seq === undefined ? this.#findMatching(device, led_on) : this.#findBySeq(device, seq);
    if (slot === NO_SLOT) {
      counts.again++;
      return "again";
    }
    while (this.#first[device] !== slot) {
      this.#removeOldest(device);
      counts.superseded++;
    }
    const latency = now - this.#sentAt[slot];
    const isRight = this.#expected[slot] === LAMP_EITHER || this.#expected[slot] === (led_on ? LAMP_ON : LAMP_OFF);
    this.#removeOldest(device);
    counts.answered++;
    if (latency > LATE_ANSWER_TIME) counts.late++;
    if (!isRight) counts.wrong++;
    answered(latency);
    return isRight ? "right" : "wrong";
  }

  /** Returns whether the device has an outstanding reading. */
  hasOutstanding(device: number): boolean {
    return this.#first[device] !== NO_SLOT;
  }

  /**
   * Counts the readings of a device that were sent before a time as missing and removes them.
   * @param before time in ms; `Infinity` selects all readings
   * @returns whether there were any such readings
   */
  expire(device: number, before: number): boolean {
    for (let expired = false; ; expired = true) {
      const slot = this.#first[device];
      if (slot === NO_SLOT || this.#sentAt[slot] >= before) return expired;
      this.#removeOldest(device);
      this.counts.missing++;
    }
  }

  /** Returns the slot of the device's reading with this sequence number, or `NO_SLOT`. */
  #findBySeq(device: number, seq: number): number {
    let slot = this.#first[device];
    while (slot !== NO_SLOT && this.#seq[slot] !== seq) slot = this.#next[slot];
    return slot;
  }

  /** Returns the slot of the oldest reading for which a command with `led_on` is correct; otherwise the oldest slot. */
  #findMatching(device: number, led_on: boolean): number {
    let slot = this.#first[device];
    while (
      slot !== NO_SLOT &&
      this.#expected[slot] !== LAMP_EITHER &&
      this.#expected[slot] !== (led_on ? LAMP_ON : LAMP_OFF)
    )
      slot = this.#next[slot];
    return slot === NO_SLOT ? this.#first[device] : slot;
  }

  /** Removes the oldest outstanding reading of a device. */
  #removeOldest(device: number): void {
    const slot = this.#first[device];
    this.#first[device] = this.#next[slot];
    this.#next[slot] = this.#freeSlot;
    this.#freeSlot = slot;
    this.outstanding--;
  }

  /** Doubles the arrays and adds the new slots to the free list. */
  #grow(): void {
    const before = this.#seq.length;
    const size = Math.max(1024, before * 2);
    this.#next = copyInto(this.#next, new Int32Array(size));
    this.#seq = copyInto(this.#seq, new Uint32Array(size));
    this.#sentAt = copyInto(this.#sentAt, new Float64Array(size));
    this.#expected = copyInto(this.#expected, new Uint8Array(size));
    for (let slot = before; slot < size; slot++) this.#next[slot] = slot + 1 < size ? slot + 1 : NO_SLOT;
    this.#freeSlot = before;
  }
}

function copyInto<T extends Int32Array | Uint32Array | Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
