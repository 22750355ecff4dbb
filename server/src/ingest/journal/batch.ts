import type { Telemetry } from "../../../../contract/index.js";
import type { StoredBoot } from "../../devices/boots.js";
import type { KeptPoint } from "../../history/recent.js";
import { FRAME, sealFrame } from "../../storage/log-format.js";
import { clock } from "../../time/monotonic-clock.js";
import { KIND, lampOf, LIVE, NUMBER } from "./records.js";

/** In words, to begin with. */
const ROOM = 4096;

/** A device, as far as it is written. */
export interface Named {
  readonly id: string;
  /** No two that are known at the same time have the same. */
  readonly number: number;
}

/** Words before the first record: room for what the log puts there. */
const BEGIN = FRAME / 8;

/** Whether a segment has a device's name: not at all, in this batch for the first time, in one earlier batch, in two. */
const NAMED = { never: 0, now: 1, once: 2, twice: 3 } as const;

/**
 * What the journal writes at once: used again for batch after batch. In each segment a device is named with the first record
 * of its first two batches, so that a batch that is damaged on disk does not take the name from those that follow.
 */
export class Batch {
  /** By the number of each device. */
  #named = new Uint8Array(1024);
  /** Devices whose first batch of the segment this is. */
  #namedNow: number[] = [];
  #words!: Float64Array;
  #bytes!: Buffer;
  #length = BEGIN;

  constructor() {
    this.#take(new Float64Array(ROOM));
  }

  /** Its length in words. */
  get length(): number {
    return this.#length;
  }

  /** A reading that came at `now`. @param live whether it cannot have waited at a broker */
  reading(device: Named, reading: Telemetry, now: number, live: boolean, { time, light, led_on }: KeptPoint): void {
    const { boot = NaN, seq = NaN, at = NaN, age = NaN } = reading;
    const number = this.#numberOf(device);
    this.#room(8);
    const words = this.#words;
    let n = this.#length;
    // one by one: this is done for every reading
    words[n++] = number * NUMBER + KIND.reading + (live ? LIVE : 0) + lampOf(led_on);
    words[n++] = boot;
    words[n++] = seq;
    words[n++] = at;
    words[n++] = age;
    words[n++] = clock.toWall(now);
    words[n++] = clock.toWall(time);
    words[n++] = light;
    this.#length = n;
  }

  /** What a device's readings so far amount to. */
  state(device: Named, boots: readonly StoredBoot[], points: readonly KeptPoint[]): void {
    const number = this.#numberOf(device);
    this.#room(3 + boots.length * 24 + points.length * 3);
    const begin = this.#length;
    this.#add(number * NUMBER + KIND.state, 0, boots.length);
    for (const [boot, [first, highest, holes, bits], started] of boots) {
      const times = started?.map((time) => clock.toWall(time)) ?? [NaN, NaN, NaN];
      this.#add(boot, first, highest, holes, ...times, bits ? 1 : 0);
      if (bits) this.#length += this.#bytes.write(bits, this.#length * 8, "base64") / 8;
    }
    for (const { time, light, led_on, isDated } of points)
      this.#add(isDated ? time : clock.toWall(time), light, lampOf(led_on));
    this.#words[begin + 1] = this.#length - begin - 2;
  }

  /** Nothing is known of the device any more, and its number is nobody's. */
  forget(device: Named): void {
    const number = this.#numberOf(device);
    this.#room(1);
    this.#add(number * NUMBER + KIND.forget);
    this.#named[number] = NAMED.never;
  }

  /** As it is to be written; valid until something is added. */
  finish(): Buffer {
    return sealFrame(this.#bytes.subarray(0, this.#length * 8));
  }

  /** The next batch begins. @param anew whether names that were written before are not there for it */
  clear(anew: boolean): void {
    this.#length = BEGIN;
    if (this.#words.length > 16 * ROOM) this.#take(new Float64Array(ROOM));
    if (anew) this.#named.fill(NAMED.never);
    else for (const number of this.#namedNow) if (this.#named[number] === NAMED.now) this.#named[number] = NAMED.once;
    this.#namedNow.length = 0;
  }

  #numberOf({ number, id }: Named): number {
    if (number >= this.#named.length) {
      const before = this.#named;
      this.#named = new Uint8Array(number * 2);
      this.#named.set(before);
    }
    const named = this.#named[number];
    if (named === NAMED.never || named === NAMED.once) {
      this.#named[number] = named === NAMED.never ? NAMED.now : NAMED.twice;
      if (named === NAMED.never) this.#namedNow.push(number);
      this.#name(number, id);
    }
    return number;
  }

  #name(number: number, id: string): void {
    const bytes = Buffer.byteLength(id);
    const words = Math.ceil(bytes / 8);
    this.#room(2 + words);
    this.#add(number * NUMBER + KIND.name, bytes);
    // what the id does not fill
    this.#words[this.#length + words - 1] = 0;
    this.#bytes.write(id, this.#length * 8);
    this.#length += words;
  }

  #add(...words: number[]): void {
    for (const word of words) this.#words[this.#length++] = word;
  }

  #room(words: number): void {
    if (this.#length + words <= this.#words.length) return;
    const before = this.#words;
    this.#take(new Float64Array(Math.max(before.length * 2, this.#length + words)));
    this.#words.set(before);
  }

  #take(words: Float64Array): void {
    this.#words = words;
    this.#bytes = Buffer.from(words.buffer);
  }
}
