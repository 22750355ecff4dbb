/** Tracks unanswered readings and checks the answers. */

/** The result of checking an answer. */
export type Verdict = "right" | "wrong" | "unexpected";

/**
 * A ring buffer of unanswered readings for each device. The reading determines the expected answer, so the ledger detects
 * lost answers and answers to a different reading.
 */
export class Ledger {
  lost = 0;
  wrong = 0;
  unexpected = 0;
  /** Latency of the last answered reading, in ms. */
  took = 0;
  readonly #depth: number;
  readonly #at: Float64Array;
  /** The expected answers, packed as `2 * seq + ledOn`. */
  readonly #expected: Uint32Array;
  readonly #first: Uint16Array;
  readonly #count: Uint16Array;
  readonly #numbered: boolean;

  /**
   * @param depth maximum number of unanswered readings per device
   * @param numbered whether answers contain the reading's `seq`
   */
  constructor(devices: number, depth: number, numbered: boolean) {
    this.#depth = depth;
    this.#at = new Float64Array(devices * depth);
    this.#expected = new Uint32Array(devices * depth);
    this.#first = new Uint16Array(devices);
    this.#count = new Uint16Array(devices);
    this.#numbered = numbered;
  }

  /** Returns whether a device has an unanswered reading. */
  waits(device: number): boolean {
    return this.#count[device] > 0;
  }

  /** Number of unanswered readings. */
  get waiting(): number {
    return this.#count.reduce((sum, count) => sum + count, 0);
  }

  /** Records a reading with its scheduled send time. When the ring buffer is full, the oldest reading counts as lost. */
  sent(device: number, at: number, seq: number, ledOn: boolean): void {
    if (this.#count[device] === this.#depth) this.#giveUp(device);
    const place = device * this.#depth + ((this.#first[device] + this.#count[device]) % this.#depth);
    this.#at[place] = at;
    this.#expected[place] = 2 * seq + Number(ledOn);
    this.#count[device]++;
  }

  /** Checks an answer against the unanswered readings of its device. */
  answered(device: number, ledOn: boolean | undefined, seq: number, now: number): Verdict {
    if (this.#count[device] === 0) {
      this.unexpected++;
      return "unexpected";
    }
    // an answer to a later reading means that the earlier ones got none
    let skipped = 0;
    while (skipped < this.#count[device] && !this.#fits(device, skipped, ledOn, seq)) skipped++;
    if (skipped === this.#count[device]) {
      this.#shift(device);
      this.wrong++;
      return "wrong";
    }
    for (; skipped > 0; skipped--) this.#giveUp(device);
    this.took = now - this.#at[device * this.#depth + this.#first[device]];
    this.#shift(device);
    return "right";
  }

  /** Counts readings sent before `time` as lost. @returns the devices that have no unanswered reading left */
  giveUpBefore(time: number): number[] {
    const free: number[] = [];
    for (let device = 0; device < this.#count.length; device++) {
      const before = this.#count[device];
      while (this.#count[device] > 0 && this.#at[device * this.#depth + this.#first[device]] < time)
        this.#giveUp(device);
      if (before > 0 && this.#count[device] === 0) free.push(device);
    }
    return free;
  }

  #fits(device: number, skipped: number, ledOn: boolean | undefined, seq: number): boolean {
    const expected = this.#expected[device * this.#depth + ((this.#first[device] + skipped) % this.#depth)];
    return (expected & 1) === Number(ledOn) && (!this.#numbered || expected >>> 1 === seq);
  }

  #giveUp(device: number): void {
    this.#shift(device);
    this.lost++;
  }

  #shift(device: number): void {
    this.#first[device] = (this.#first[device] + 1) % this.#depth;
    this.#count[device]--;
  }
}
