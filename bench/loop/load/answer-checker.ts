/** Tracks unanswered readings and checks the answers. */

/** The result of checking an answer. */
export type Verdict = "right" | "wrong" | "unexpected";

/**
 * A ring buffer of unanswered readings for each device. The reading determines the expected answer, so the checker detects
 * lost answers and answers to a different reading.
 */
export class AnswerChecker {
  lost = 0;
  wrong = 0;
  unexpected = 0;
  /** Latency of the last answered reading, in ms. */
  latency = 0;
  readonly #depth: number;
  readonly #sentAt: Float64Array;
  /** The expected answers, packed as `2 * seq + ledOn`. */
  readonly #expected: Uint32Array;
  readonly #first: Uint16Array;
  readonly #count: Uint16Array;
  readonly #hasSeq: boolean;

  /**
   * @param depth maximum number of unanswered readings per device
   * @param hasSeq whether answers contain the reading's `seq`
   */
  constructor(devices: number, depth: number, hasSeq: boolean) {
    this.#depth = depth;
    this.#sentAt = new Float64Array(devices * depth);
    this.#expected = new Uint32Array(devices * depth);
    this.#first = new Uint16Array(devices);
    this.#count = new Uint16Array(devices);
    this.#hasSeq = hasSeq;
  }

  /** Returns whether a device has an unanswered reading. */
  hasUnanswered(device: number): boolean {
    return this.#count[device] > 0;
  }

  /** Number of unanswered readings of all devices. */
  get unansweredCount(): number {
    return this.#count.reduce((sum, count) => sum + count, 0);
  }

  /** Records a reading with its scheduled send time. When the ring buffer is full, the oldest reading counts as lost. */
  addReading(device: number, at: number, seq: number, ledOn: boolean): void {
    if (this.#count[device] === this.#depth) this.#expireOldest(device);
    const slot = device * this.#depth + ((this.#first[device] + this.#count[device]) % this.#depth);
    this.#sentAt[slot] = at;
    this.#expected[slot] = 2 * seq + Number(ledOn);
    this.#count[device]++;
  }

  /** Checks an answer against the unanswered readings of its device. */
  checkAnswer(device: number, ledOn: boolean | undefined, seq: number, now: number): Verdict {
    if (this.#count[device] === 0) {
      this.unexpected++;
      return "unexpected";
    }
    // finds the answered reading; the earlier unanswered readings of the device then count as lost
    let skipped = 0;
    while (skipped < this.#count[device] && !this.#matches(device, skipped, ledOn, seq)) skipped++;
    if (skipped === this.#count[device]) {
      this.#removeOldest(device);
      this.wrong++;
      return "wrong";
    }
    for (; skipped > 0; skipped--) this.#expireOldest(device);
    this.latency = now - this.#sentAt[device * this.#depth + this.#first[device]];
    this.#removeOldest(device);
    return "right";
  }

  /** Counts readings sent before `time` as lost. @returns the devices that have no unanswered reading left */
  expireBefore(time: number): number[] {
    const idle: number[] = [];
    for (let device = 0; device < this.#count.length; device++) {
      const before = this.#count[device];
      while (this.#count[device] > 0 && this.#sentAt[device * this.#depth + this.#first[device]] < time)
        this.#expireOldest(device);
      if (before > 0 && this.#count[device] === 0) idle.push(device);
    }
    return idle;
  }

  #matches(device: number, skipped: number, ledOn: boolean | undefined, seq: number): boolean {
    const expected = this.#expected[device * this.#depth + ((this.#first[device] + skipped) % this.#depth)];
    return (expected & 1) === Number(ledOn) && (!this.#hasSeq || expected >>> 1 === seq);
  }

  #expireOldest(device: number): void {
    this.#removeOldest(device);
    this.lost++;
  }

  #removeOldest(device: number): void {
    this.#first[device] = (this.#first[device] + 1) % this.#depth;
    this.#count[device]--;
  }
}
