import { clock } from "../time/monotonic-clock.js";

/** One point of a plot of a device's light. */
export interface Point {
  /** Time of the reading: monotonic time in ms inside the server, ms since 1970 in the API. */
  readonly time: number;
  /** Light level, 0 to 1023. */
  readonly light: number;
  /** The lamp's state after the reading; null when the server made no decision. */
  readonly led_on: boolean | null;
}

/** A point in the server's memory. `time` is in ms since 1970 if `isDated` is true, and otherwise monotonic. */
export interface KeptPoint extends Point {
  /**
   * True when an earlier run of the server has converted `time` to ms since 1970; clock changes no longer affect it.
   */
  readonly isDated?: boolean;
}

/** Maximum number of readings that the server keeps in memory for one device. Newer readings replace the oldest. */
export const MAX_READINGS_PER_DEVICE = 600;

/**
 * Maximum number of devices whose readings the server keeps in memory. A further device can replace one of them only if
 * that device has been silent for `REPLACEABLE_SILENCE`.
 */
export const MAX_KEPT_DEVICES = 1000;

/** How long a device must be silent before another device can take its place in memory, in ms. */
export const REPLACEABLE_SILENCE = 600_000;

/** Number of readings that the queue collects before they are inserted into the ring buffers of their devices. */
const QUEUE_SIZE = 4096;

/** Initial capacity of a ring buffer, in readings. The capacity doubles when the buffer is full. */
const INITIAL_CAPACITY = 8;

/** Number that is added to the lamp code of a reading whose time is already in ms since 1970. */
const DATED_CODE_OFFSET = 3;

/** Numbers per reading: time, light, lamp code. */
const FIELDS_PER_READING = 3;

/** Lamp states. A lamp code is an index into this array, plus `DATED_CODE_OFFSET` for a reading with `isDated`. */
const LAMP_STATES = [false, true, null] as const;
const UNKNOWN_LAMP_CODE = 2;

/**
 * Ring buffer of one device's latest readings, sorted by time. The numbers are in a typed array, because an
 * object for each reading would burden the garbage collector.
 */
class ReadingRing {
  #numbers = new Float64Array(FIELDS_PER_READING * INITIAL_CAPACITY);
  /** Capacity in readings. */
  #capacity = INITIAL_CAPACITY;
  /** Position of the oldest reading in the ring. */
  #first = 0;
  /** Number of readings in the ring. */
  #count = 0;

  /** Time of the newest reading; -Infinity if the ring is empty. */
  get newestTime(): number {
    return this.#count > 0 ? this.#numbers[FIELDS_PER_READING * this.#positionOf(this.#count - 1)] : -Infinity;
  }

  /** Removes all readings, so that another device can use the buffer. */
  clear(): void {
    this.#count = 0;
  }

  /** Inserts a reading by its time. A full buffer drops its oldest reading. */
  add(time: number, light: number, lampCode: number): void {
    // Find the place of a late reading between older ones. Nearly every reading is the newest, so search from the end.
    let at = this.#count;
    while (at > 0 && this.#numbers[FIELDS_PER_READING * this.#positionOf(at - 1)] > time) at--;
    if (this.#count === MAX_READINGS_PER_DEVICE) {
      if (at === 0) return;
      at--;
      this.#first = this.#positionOf(1);
      this.#count--;
    } else if (this.#count === this.#capacity) this.#grow();
    for (let later = this.#count++; later > at; later--)
      this.#move(this.#positionOf(later - 1), this.#positionOf(later));
    this.#set(this.#positionOf(at), time, light, lampCode);
  }

  toPoints(): KeptPoint[] {
    const numbers = this.#numbers;
    return Array.from({ length: this.#count }, (_, n) => {
      const at = FIELDS_PER_READING * this.#positionOf(n);
      const point = {
        time: numbers[at],
        light: numbers[at + 1],
        led_on: LAMP_STATES[numbers[at + 2] % DATED_CODE_OFFSET],
      };
      return numbers[at + 2] < DATED_CODE_OFFSET ? point : { ...point, isDated: true };
    });
  }

  /** Returns the position in the ring of the reading with this index. */
  #positionOf(index: number): number {
    const position = this.#first + index;
    return position < this.#capacity ? position : position - this.#capacity;
  }

  #set(position: number, time: number, light: number, lampCode: number): void {
    const at = FIELDS_PER_READING * position;
    this.#numbers[at] = time;
    this.#numbers[at + 1] = light;
    this.#numbers[at + 2] = lampCode;
  }

  #move(from: number, to: number): void {
    this.#numbers.copyWithin(FIELDS_PER_READING * to, FIELDS_PER_READING * from, FIELDS_PER_READING * (from + 1));
  }

  #grow(): void {
    // The readings keep their positions, because the ring wraps around only at the maximum capacity.
    const numbers = this.#numbers;
    this.#capacity = Math.min(2 * this.#capacity, MAX_READINGS_PER_DEVICE);
    this.#numbers = new Float64Array(FIELDS_PER_READING * this.#capacity);
    this.#numbers.set(numbers);
  }
}

/**
 * The latest readings in memory: at most `MAX_READINGS_PER_DEVICE` for each of `MAX_KEPT_DEVICES` devices. A device
 * keeps its place until it is silent. With LRU eviction instead, 100,000 devices that report in turn would constantly
 * evict each other.
 *
 * Readings wait in a queue and are inserted in batches of several thousand. This uses the CPU cache better, because
 * several readings of a device are then inserted shortly after each other.
 */
export class RecentReadings {
  readonly #byId = new Map<string, ReadingRing>();
  /**
   * Earliest time at which a device in memory can have been silent for `REPLACEABLE_SILENCE`. Before this time, a
   * search for such a device would find none.
   */
  #noneSilentBefore = -Infinity;
  /** Device ids of the readings in the queue. */
  readonly #ids: string[] = Array.from({ length: QUEUE_SIZE }, () => "");
  /** Time, light and lamp code of the readings in the queue: `FIELDS_PER_READING` numbers for each reading. */
  readonly #numbers = new Float64Array(FIELDS_PER_READING * QUEUE_SIZE);
  #queued = 0;

  add(id: string, { time, light, led_on, isDated = false }: KeptPoint): void {
    const at = FIELDS_PER_READING * this.#queued;
    this.#ids[this.#queued] = id;
    this.#numbers[at] = time;
    this.#numbers[at + 1] = light;
    this.#numbers[at + 2] = (led_on === null ? UNKNOWN_LAMP_CODE : Number(led_on)) + (isDated ? DATED_CODE_OFFSET : 0);
    if (++this.#queued === QUEUE_SIZE) this.#insertQueued();
  }

  /** Returns a device's readings sorted by time; empty for an unknown device. */
  pointsOf(id: string): readonly KeptPoint[] {
    this.#insertQueued();
    return this.#byId.get(id)?.toPoints() ?? [];
  }

  /** Returns the readings for the API, with times in ms since 1970. */
  pointsForApi(id: string): readonly Point[] {
    return this.pointsOf(id).map(({ time, light, led_on, isDated }) => ({
      time: isDated ? time : clock.toWall(time),
      light,
      led_on,
    }));
  }

  /** Deletes a device's readings. */
  delete(id: string): void {
    this.#insertQueued();
    this.#byId.delete(id);
  }

  #insertQueued(): void {
    const numbers = this.#numbers;
    for (let n = 0; n < this.#queued; n++) {
      const time = numbers[FIELDS_PER_READING * n];
      const id = this.#ids[n];
      const ring = this.#byId.get(id) ?? this.#create(id, time);
      ring?.add(time, numbers[FIELDS_PER_READING * n + 1], numbers[FIELDS_PER_READING * n + 2]);
    }
    this.#queued = 0;
  }

  /** Assigns a ring buffer to a new device. Returns undefined when there are too many devices and none is silent. */
  #create(id: string, time: number): ReadingRing | undefined {
    const ring = this.#byId.size < MAX_KEPT_DEVICES ? new ReadingRing() : this.#takeSilent(time);
    if (ring) this.#byId.set(id, ring);
    return ring;
  }

  /**
   * Removes the device that has been silent longest, and returns its ring buffer; undefined if no device has been
   * silent for `REPLACEABLE_SILENCE`.
   */
  #takeSilent(time: number): ReadingRing | undefined {
    if (time < this.#noneSilentBefore) return undefined;
    let [[id, longest]] = this.#byId;
    for (const [other, ring] of this.#byId) if (ring.newestTime < longest.newestTime) [id, longest] = [other, ring];
    this.#noneSilentBefore = longest.newestTime + REPLACEABLE_SILENCE;
    if (time < this.#noneSilentBefore) return undefined;
    this.#byId.delete(id);
    longest.clear();
    return longest;
  }
}
