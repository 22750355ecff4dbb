import type { Telemetry } from "../../../../contract/index.js";
import type { StoredBoot } from "../../devices/boots.js";
import type { KeptPoint } from "../../history/recent.js";
import { FRAME_HEADER_BYTES, sealFrame } from "../../storage/log-format.js";
import { clock } from "../../time/monotonic-clock.js";
import { RECORD_KIND, lampCodeOf, LIVE_FLAG, DEVICE_NUMBER_FACTOR } from "./records.js";

/** Initial size of the buffer, in 64-bit words. */
const INITIAL_BUFFER_WORDS = 4096;

/** A device with the number that identifies the device in the journal. */
export interface JournaledDevice {
  readonly id: string;
  /** Device number, which is unique among the known devices. */
  readonly number: number;
}

/** Number of words before the first record, reserved for the frame header of the log. */
const HEADER_WORDS = FRAME_HEADER_BYTES / 8;

/** How often a segment (one journal file) holds a device's id: never, only in this batch, in one earlier batch, or twice. */
const ID_COPIES = { never: 0, now: 1, once: 2, twice: 3 } as const;

/**
 * The records that the journal writes at once. The object is reused for every batch. A segment (file) contains the id of each
 * device twice, in the first two batches with records of the device, so that one damaged batch does not lose the id.
 */
export class JournalBatch {
  /** How often the segment contains each device's id (a value of `ID_COPIES`), by device number. */
  #idCopies = new Uint8Array(1024);
  /** Numbers of the devices whose ids are in this batch, and in no earlier batch of the segment. */
  #newIds: number[] = [];
  #words!: Float64Array;
  #bytes!: Buffer;
  #length = HEADER_WORDS;

  constructor() {
    this.#useBuffer(new Float64Array(INITIAL_BUFFER_WORDS));
  }

  /** Length of the batch in 64-bit words. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a reading.
   * @param now arrival time of the reading, in ms by the monotonic clock
   * @param live false if a broker may have queued the reading
   */
  addReading(
    device: JournaledDevice,
    reading: Telemetry,
    now: number,
    live: boolean,
    { time, light, led_on }: KeptPoint,
  ): void {
    const { boot = NaN, seq = NaN, at = NaN, age = NaN } = reading;
    const number = this.#numberOf(device);
    this.#reserve(8);
    const words = this.#words;
    let n = this.#length;
    // Assign each word separately, because this is the fastest way, and the method runs for every reading.
    words[n++] = number * DEVICE_NUMBER_FACTOR + RECORD_KIND.reading + (live ? LIVE_FLAG : 0) + lampCodeOf(led_on);
    words[n++] = boot;
    words[n++] = seq;
    words[n++] = at;
    words[n++] = age;
    words[n++] = clock.toWall(now);
    words[n++] = clock.toWall(time);
    words[n++] = light;
    this.#length = n;
  }

  /** Adds a snapshot of a device, which replaces all earlier records of the device. */
  addSnapshot(device: JournaledDevice, boots: readonly StoredBoot[], points: readonly KeptPoint[]): void {
    const number = this.#numberOf(device);
    this.#reserve(3 + boots.length * 24 + points.length * 3);
    const begin = this.#length;
    this.#addWords(number * DEVICE_NUMBER_FACTOR + RECORD_KIND.snapshot, 0, boots.length);
    for (const [boot, [first, highest, gapCount, bits], started] of boots) {
      const times = started?.map((time) => clock.toWall(time)) ?? [NaN, NaN, NaN];
      this.#addWords(boot, first, highest, gapCount, ...times, bits ? 1 : 0);
      if (bits) this.#length += this.#bytes.write(bits, this.#length * 8, "base64") / 8;
    }
    for (const { time, light, led_on, isDated } of points)
      this.#addWords(isDated ? time : clock.toWall(time), light, lampCodeOf(led_on));
    this.#words[begin + 1] = this.#length - begin - 2;
  }

  /** Adds a record that deletes all data of a device. Another device may get the device number afterwards. */
  addForgetRecord(device: JournaledDevice): void {
    const number = this.#numberOf(device);
    this.#reserve(1);
    this.#addWords(number * DEVICE_NUMBER_FACTOR + RECORD_KIND.forget);
    this.#idCopies[number] = ID_COPIES.never;
  }

  /** Returns the frame to write, which is valid until the next record is added. */
  finish(): Buffer {
    return sealFrame(this.#bytes.subarray(0, this.#length * 8));
  }

  /** Begins the next batch. @param beginsSegment whether the batch begins a new segment, which contains no device ids yet */
  beginNextBatch(beginsSegment: boolean): void {
    this.#length = HEADER_WORDS;
    if (this.#words.length > 16 * INITIAL_BUFFER_WORDS) this.#useBuffer(new Float64Array(INITIAL_BUFFER_WORDS));
    if (beginsSegment) this.#idCopies.fill(ID_COPIES.never);
    else
      for (const number of this.#newIds)
        if (this.#idCopies[number] === ID_COPIES.now) this.#idCopies[number] = ID_COPIES.once;
    this.#newIds.length = 0;
  }

  #numberOf({ number, id }: JournaledDevice): number {
    if (number >= this.#idCopies.length) {
      const before = this.#idCopies;
      this.#idCopies = new Uint8Array(number * 2);
      this.#idCopies.set(before);
    }
    const named = this.#idCopies[number];
    if (named === ID_COPIES.never || named === ID_COPIES.once) {
      this.#idCopies[number] = named === ID_COPIES.never ? ID_COPIES.now : ID_COPIES.twice;
      if (named === ID_COPIES.never) this.#newIds.push(number);
      this.#addId(number, id);
    }
    return number;
  }

  #addId(number: number, id: string): void {
    const bytes = Buffer.byteLength(id);
    const words = Math.ceil(bytes / 8);
    this.#reserve(2 + words);
    this.#addWords(number * DEVICE_NUMBER_FACTOR + RECORD_KIND.name, bytes);
    // Zero the last word, because the id may end within it.
    this.#words[this.#length + words - 1] = 0;
    this.#bytes.write(id, this.#length * 8);
    this.#length += words;
  }

  #addWords(...words: number[]): void {
    for (const word of words) this.#words[this.#length++] = word;
  }

  #reserve(words: number): void {
    if (this.#length + words <= this.#words.length) return;
    const before = this.#words;
    this.#useBuffer(new Float64Array(Math.max(before.length * 2, this.#length + words)));
    this.#words.set(before);
  }

  #useBuffer(words: Float64Array): void {
    this.#words = words;
    this.#bytes = Buffer.from(words.buffer);
  }
}
