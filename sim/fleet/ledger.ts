/** What was sent and not answered yet, and whether an answer is what the rule says. */

/** What the lamp is to be after a reading. */
export const OFF = 0;
export const ON = 1;
/** What nobody but the server knows: the lamp before the first reading, or a shortest time that is running. */
export const EITHER = 2;

/** What became of a command. */
export type Verdict = "right" | "wrong" | "again";

export interface Counts {
  /** Readings that were answered, right or wrong. */
  answered: number;
  /** Commands that are not what the rule says for the reading. */
  wrong: number;
  /** Answers that took longer than `LATE`. */
  late: number;
  /** Readings without an answer of their own, where a newer one of the device has one: nothing was lost but the past. */
  superseded: number;
  /** Commands that answer nothing new: delivered twice, or somebody else's wish. */
  again: number;
  /** Readings that nothing answers any more: their connection was lost, or `LOST` went by. */
  missing: number;
}

/** From here on an answer is late, in ms: the server takes such a reading for one of the past (STALE in its decisions). */
export const LATE = 2000;
/** What has no answer by then, has none, in ms. */
export const LOST = 30_000;

const NONE = -1;

/**
 * Readings on their way, oldest first for each device, in arrays that grow with how many there are at once, and not with
 * how many devices.
 */
export class Ledger {
  readonly counts: Counts = { answered: 0, wrong: 0, late: 0, superseded: 0, again: 0, missing: 0 };
  outstanding = 0;
  /** By device: its oldest reading on its way. */
  readonly #first: Int32Array;
  // by place; a place that is free leads to the next free one
  #next = new Int32Array(0);
  #seq = new Uint32Array(0);
  #at = new Float64Array(0);
  #expected = new Uint8Array(0);
  #free = NONE;

  constructor(devices: number) {
    this.#first = new Int32Array(devices).fill(NONE);
  }

  /** A reading went out. @param at when, in ms */
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
   * A command came.
   * @param seq of the reading that it answers; undefined when it does not say: then it is the oldest that it fits
   * @param answered is given the time that the answer took, in ms
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

  /** Whether a reading of the device is on its way. */
  waits(device: number): boolean {
    return this.#first[device] !== NONE;
  }

  /** Gives up what the device sent before, `Infinity` for all of it; true when that was anything. */
  giveUp(device: number, before: number): boolean {
    for (let any = false; ; any = true) {
      const place = this.#first[device];
      if (place === NONE || this.#at[place] >= before) return any;
      this.#drop(device);
      this.counts.missing++;
    }
  }

  #numbered(device: number, seq: number): number {
    let place = this.#first[device];
    while (place !== NONE && this.#seq[place] !== seq) place = this.#next[place];
    return place;
  }

  /** The oldest reading to which this is the right answer; the oldest, to which it is a wrong one, where there is none. */
  #fitting(device: number, led_on: boolean): number {
    let place = this.#first[device];
    while (place !== NONE && this.#expected[place] !== EITHER && this.#expected[place] !== (led_on ? ON : OFF))
      place = this.#next[place];
    return place === NONE ? this.#first[device] : place;
  }

  #drop(device: number): void {
    const place = this.#first[device];
    this.#first[device] = this.#next[place];
    this.#next[place] = this.#free;
    this.#free = place;
    this.outstanding--;
  }

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
