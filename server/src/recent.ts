/** A reading as plots want it. */
export interface Point {
  /** When the reading was taken, in ms since 1970. */
  readonly time: number;
  /** 0 to 1023. */
  readonly light: number;
  /** The lamp after the reading; null when nothing was decided. */
  readonly led_on: boolean | null;
}

/** The latest readings kept for one device. */
export const MAX_POINTS = 600;

/** Devices for which readings are kept at once. */
export const MAX_DEVICES = 1000;

/** A device that was silent for so long, in ms, gives its place to another, when there is none left. */
export const SILENT = 600_000;

/** Room for the first readings of a device; later there is twice as much, and so on. */
const FEW = 8;

/** The lamp as it is kept here. */
const LAMPS = [false, true, null] as const;
const UNKNOWN = 2;

/**
 * The latest readings of one device, oldest first, in a ring that is written over in place: objects that come and go
 * with every reading, and live for the next 600, are what a garbage collector has most work with.
 */
class Track {
  /** Of each reading its time and its light: side by side, as they are read and written. */
  #numbers = new Float64Array(2 * FEW);
  #lamps = new Uint8Array(FEW);
  /** Where the oldest reading is, and how many there are. */
  #first = 0;
  #count = 0;

  /** The time of the newest reading. */
  get newest(): number {
    return this.#count > 0 ? this.#numbers[2 * this.#place(this.#count - 1)] : -Infinity;
  }

  /** From now on it is another device's. */
  clear(): void {
    this.#count = 0;
  }

  add({ time, light, led_on }: Point): void {
    const lamp = led_on === null ? UNKNOWN : Number(led_on);
    // what comes late goes where it belongs; nearly all come last
    let at = this.#count;
    while (at > 0 && this.#numbers[2 * this.#place(at - 1)] > time) at--;
    if (this.#count === MAX_POINTS) {
      if (at === 0) return;
      at--;
      this.#first = this.#place(1);
      this.#count--;
    } else if (this.#count === this.#lamps.length) this.#grow();
    for (let later = this.#count++; later > at; later--) this.#move(this.#place(later - 1), this.#place(later));
    this.#put(this.#place(at), time, light, lamp);
  }

  points(): Point[] {
    return Array.from({ length: this.#count }, (_, at) => {
      const place = this.#place(at);
      return { time: this.#numbers[2 * place], light: this.#numbers[2 * place + 1], led_on: LAMPS[this.#lamps[place]] };
    });
  }

  #place(at: number): number {
    const place = this.#first + at;
    return place < this.#lamps.length ? place : place - this.#lamps.length;
  }

  #put(place: number, time: number, light: number, lamp: number): void {
    this.#numbers[2 * place] = time;
    this.#numbers[2 * place + 1] = light;
    this.#lamps[place] = lamp;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#numbers[2 * from], this.#numbers[2 * from + 1], this.#lamps[from]);
  }

  #grow(): void {
    const points = this.points();
    const room = Math.min(2 * points.length, MAX_POINTS);
    this.#numbers = new Float64Array(2 * room);
    this.#lamps = new Uint8Array(room);
    this.#first = this.#count = 0;
    for (const point of points) this.add(point);
  }
}

/**
 * The latest readings of each device, in memory, bounded both ways. Of too many devices those that came first are
 * known: would each new one take another's place, of 100,000 that report in turn none were known for long.
 */
export class Recent {
  readonly #byId = new Map<string, Track>();
  /** Before this time of a reading no device has been silent for long enough. */
  #noneBefore = -Infinity;

  add(id: string, point: Point): void {
    (this.#byId.get(id) ?? this.#begin(id, point.time))?.add(point);
  }

  /** Oldest first by the time at which they were taken; empty when nothing is known. */
  of(id: string): readonly Point[] {
    return this.#byId.get(id)?.points() ?? [];
  }

  /** Drops a device's readings. */
  delete(id: string): void {
    this.#byId.delete(id);
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
