/** Which readings wait for an answer, and whether the answers are right. */

/** What became of an answer. */
export type Verdict = "right" | "wrong" | "unexpected";

/**
 * Of each device a ring of the readings on their way, in order. What is expected follows from the reading: so an answer
 * that was meant for another reading, or a lost one, is found out.
 */
export class Ledger {
  lost = 0;
  wrong = 0;
  unexpected = 0;
  /** How long the reading that was answered last took, in ms. */
  took = 0;
  readonly #depth: number;
  readonly #at: Float64Array;
  /** Twice the `seq`, and 1 when the lamp is to be on. */
  readonly #expected: Uint32Array;
  readonly #first: Uint16Array;
  readonly #count: Uint16Array;
  readonly #numbered: boolean;

  /** @param depth readings of one device on their way at once, at most. @param numbered answers name the reading */
  constructor(devices: number, depth: number, numbered: boolean) {
    this.#depth = depth;
    this.#at = new Float64Array(devices * depth);
    this.#expected = new Uint32Array(devices * depth);
    this.#first = new Uint16Array(devices);
    this.#count = new Uint16Array(devices);
    this.#numbered = numbered;
  }

  /** Whether a device has a reading on its way. */
  waits(device: number): boolean {
    return this.#count[device] > 0;
  }

  /** How many readings are on their way. */
  get waiting(): number {
    return this.#count.reduce((sum, count) => sum + count, 0);
  }

  /** A reading leaves, or was to leave at this time. Where there is no room, the oldest is given up. */
  sent(device: number, at: number, seq: number, ledOn: boolean): void {
    if (this.#count[device] === this.#depth) this.#giveUp(device);
    const place = device * this.#depth + ((this.#first[device] + this.#count[device]) % this.#depth);
    this.#at[place] = at;
    this.#expected[place] = 2 * seq + Number(ledOn);
    this.#count[device]++;
  }

  answered(device: number, ledOn: boolean | undefined, seq: number, now: number): Verdict {
    if (this.#count[device] === 0) {
      this.unexpected++;
      return "unexpected";
    }
    // an answer to a later reading: those before it have none
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

  /** Gives up what left before this time. @returns the devices that wait for nothing any more, each once */
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
