import { clock } from "../time/monotonic-clock.js";

/** A reading as plots want it. */
export interface Point {
  /** When the reading was taken: by the monotonic clock, and in ms since 1970 where people read it. */
  readonly time: number;
  /** 0 to 1023. */
  readonly light: number;
  /** The lamp after the reading; null when nothing was decided. */
  readonly led_on: boolean | null;
}

/** A reading as the server keeps it. */
export interface KeptPoint extends Point {
  /** An earlier run of the server dated it: its time is in ms since 1970, and stays so when the wall clock is set. */
  readonly isDated?: boolean;
}

/** The latest readings kept for one device. */
export const MAX_POINTS = 600;

/** Devices for which readings are kept at once. */
export const MAX_DEVICES = 1000;

/** A device that was silent for so long, in ms, gives its place to another, when there is none left. */
export const SILENT = 600_000;

/** So many readings wait until all of them are put where they belong, when nobody asks before. */
const WAITING = 4096;

/** Room for the first readings of a device; later there is twice as much, and so on. */
const FEW = 8;

/** Added to the place of the lamp in `LAMPS` where an earlier run dated the reading. */
const DATED = 3;

/** Numbers of one reading. */
const EACH = 3;

/** The lamp as it is kept here. */
const LAMPS = [false, true, null] as const;
const UNKNOWN = 2;

/**
 * The latest readings of one device, oldest first, in a ring that is written over in place: objects that come and go
 * with every reading, and live for the next 600, are what a garbage collector has most work with.
 */
class Track {
  /** Of each reading its time, its light and its lamp: side by side, as they are read and written. */
  #numbers = new Float64Array(EACH * FEW);
  /** Readings that there is room for. */
  #room = FEW;
  /** Where the oldest reading is, and how many there are. */
  #first = 0;
  #count = 0;

  /** The time of the newest reading. */
  get newest(): number {
    return this.#count > 0 ? this.#numbers[EACH * this.#place(this.#count - 1)] : -Infinity;
  }

  /** From now on it is another device's. */
  clear(): void {
    this.#count = 0;
  }

  /** @param lamp its place in `LAMPS`, and `DATED` */
  add(time: number, light: number, lamp: number): void {
    // what comes late goes where it belongs; nearly all come last
    let at = this.#count;
    while (at > 0 && this.#numbers[EACH * this.#place(at - 1)] > time) at--;
    if (this.#count === MAX_POINTS) {
      if (at === 0) return;
      at--;
      this.#first = this.#place(1);
      this.#count--;
    } else if (this.#count === this.#room) this.#grow();
    for (let later = this.#count++; later > at; later--) this.#move(this.#place(later - 1), this.#place(later));
    this.#put(this.#place(at), time, light, lamp);
  }

  points(): KeptPoint[] {
    const numbers = this.#numbers;
    return Array.from({ length: this.#count }, (_, n) => {
      const at = EACH * this.#place(n);
      const point = { time: numbers[at], light: numbers[at + 1], led_on: LAMPS[numbers[at + 2] % DATED] };
      return numbers[at + 2] < DATED ? point : { ...point, isDated: true };
    });
  }

  #place(at: number): number {
    const place = this.#first + at;
    return place < this.#room ? place : place - this.#room;
  }

  #put(place: number, time: number, light: number, lamp: number): void {
    const at = EACH * place;
    this.#numbers[at] = time;
    this.#numbers[at + 1] = light;
    this.#numbers[at + 2] = lamp;
  }

  #move(from: number, to: number): void {
    this.#numbers.copyWithin(EACH * to, EACH * from, EACH * (from + 1));
  }

  #grow(): void {
    // as long as it grows, nothing was written over
    const numbers = this.#numbers;
    this.#room = Math.min(2 * this.#room, MAX_POINTS);
    this.#numbers = new Float64Array(EACH * this.#room);
    this.#numbers.set(numbers);
  }
}

/**
 * The latest readings of each device, in memory, bounded both ways. Of too many devices those that came first are
 * known: would each new one take another's place, of 100,000 that report in turn none were known for long.
 *
 * Readings are put where they belong by thousands: the places of 1,000 devices are not in the processor's cache when a
 * reading comes, but are then when the next one of the same device is put there.
 */
export class Recent {
  readonly #byId = new Map<string, Track>();
  /** Before this time of a reading no device has been silent for long enough. */
  #noneBefore = -Infinity;
  /** Whose readings wait, and what they are. */
  readonly #ids: string[] = Array.from({ length: WAITING }, () => "");
  readonly #numbers = new Float64Array(EACH * WAITING);
  #waiting = 0;

  add(id: string, { time, light, led_on, isDated = false }: KeptPoint): void {
    const at = EACH * this.#waiting;
    this.#ids[this.#waiting] = id;
    this.#numbers[at] = time;
    this.#numbers[at + 1] = light;
    this.#numbers[at + 2] = (led_on === null ? UNKNOWN : Number(led_on)) + (isDated ? DATED : 0);
    if (++this.#waiting === WAITING) this.#settle();
  }

  /** Oldest first by the time at which they were taken; empty when nothing is known. */
  of(id: string): readonly KeptPoint[] {
    this.#settle();
    return this.#byId.get(id)?.points() ?? [];
  }

  /** The same as people read it, with the time in ms since 1970 by the wall clock. */
  shown(id: string): readonly Point[] {
    return this.of(id).map(({ time, light, led_on, isDated }) => ({
      time: isDated ? time : clock.toWall(time),
      light,
      led_on,
    }));
  }

  /** Drops a device's readings. */
  delete(id: string): void {
    this.#settle();
    this.#byId.delete(id);
  }

  #settle(): void {
    const numbers = this.#numbers;
    for (let n = 0; n < this.#waiting; n++) {
      const time = numbers[EACH * n];
      const id = this.#ids[n];
      const track = this.#byId.get(id) ?? this.#begin(id, time);
      track?.add(time, numbers[EACH * n + 1], numbers[EACH * n + 2]);
    }
    this.#waiting = 0;
  }

  /** A track for a device that has none; undefined when there is no room for another. */
  #begin(id: string, time: number): Track | undefined {
    const track = this.#byId.size < MAX_DEVICES ? new Track() : this.#silent(time);
    if (track) this.#byId.set(id, track);
    return track;
  }

  /** The track of the device that was silent longest, which then has none, if that was for long. */
  #silent(time: number): Track | undefined {
    if (time < this.#noneBefore) return undefined;
    let [[id, longest]] = this.#byId;
    for (const [other, track] of this.#byId) if (track.newest < longest.newest) [id, longest] = [other, track];
    this.#noneBefore = longest.newest + SILENT;
    if (time < this.#noneBefore) return undefined;
    this.#byId.delete(id);
    longest.clear();
    return longest;
  }
}
