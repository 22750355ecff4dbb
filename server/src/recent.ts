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

/** Devices for which readings are kept; beyond them, those that reported longest ago are forgotten. */
export const MAX_DEVICES = 1000;

/** Room for the first readings of a device; later there is twice as much, and so on. */
const FEW = 8;

/** The lamp as it is kept here. */
const LAMPS = [false, true, null] as const;

/**
 * The latest readings of one device, oldest first, in a ring that is written over in place: objects that come and go
 * with every reading, and live for the next 600, are what a garbage collector has most work with.
 */
class Track {
  /** The devices that reported next before this one, and next after it. */
  before: Track | undefined;
  after: Track | undefined;
  #times = new Float64Array(FEW);
  #lights = new Float64Array(FEW);
  #lamps = new Uint8Array(FEW);
  /** Where the oldest reading is, and how many there are. */
  #first = 0;
  #count = 0;

  constructor(public id: string) {}

  /** From now on it is another device's. */
  become(id: string): void {
    this.id = id;
    this.#count = 0;
  }

  add({ time, light, led_on }: Point): void {
    // what comes late goes where it belongs; nearly all come last
    let at = this.#count;
    while (at > 0 && this.#times[this.#place(at - 1)] > time) at--;
    if (this.#count === MAX_POINTS) {
      if (at === 0) return;
      at--;
      this.#first = this.#place(1);
      this.#count--;
    } else if (this.#count === this.#times.length) this.#grow();
    for (let later = this.#count++; later > at; later--) this.#move(this.#place(later - 1), this.#place(later));
    const place = this.#place(at);
    this.#times[place] = time;
    this.#lights[place] = light;
    this.#lamps[place] = LAMPS.indexOf(led_on);
  }

  points(): Point[] {
    return Array.from({ length: this.#count }, (_, at) => {
      const place = this.#place(at);
      return { time: this.#times[place], light: this.#lights[place], led_on: LAMPS[this.#lamps[place]] };
    });
  }

  #place(at: number): number {
    const place = this.#first + at;
    return place < this.#times.length ? place : place - this.#times.length;
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from];
    this.#lights[to] = this.#lights[from];
    this.#lamps[to] = this.#lamps[from];
  }

  #grow(): void {
    const points = this.points();
    const room = Math.min(2 * points.length, MAX_POINTS);
    this.#times = new Float64Array(room);
    this.#lights = new Float64Array(room);
    this.#lamps = new Uint8Array(room);
    this.#first = this.#count = 0;
    for (const point of points) this.add(point);
  }
}

/** The latest readings of each device, in memory, bounded both ways. */
export class Recent {
  readonly #byId = new Map<string, Track>();
  /** The ends of the devices in the order of their latest reading. */
  #silent: Track | undefined;
  #newest: Track | undefined;

  add(id: string, point: Point): void {
    const track = this.#byId.get(id) ?? this.#begin(id);
    track.add(point);
    if (track === this.#newest) return;
    this.#unlink(track);
    track.before = this.#newest;
    if (this.#newest) this.#newest.after = track;
    else this.#silent = track;
    this.#newest = track;
  }

  /** Oldest first by the time at which they were taken; empty when nothing is known. */
  of(id: string): readonly Point[] {
    return this.#byId.get(id)?.points() ?? [];
  }

  /** Drops a device's readings. */
  delete(id: string): void {
    const track = this.#byId.get(id);
    if (!track) return;
    this.#byId.delete(id);
    this.#unlink(track);
  }

  /** A track for a device that has none: that of the device which was silent longest, when there is no room for another. */
  #begin(id: string): Track {
    let track: Track;
    if (this.#byId.size < MAX_DEVICES) track = new Track(id);
    else {
      track = this.#silent!;
      this.#byId.delete(track.id);
      track.become(id);
    }
    this.#byId.set(id, track);
    return track;
  }

  #unlink(track: Track): void {
    const { before, after } = track;
    if (before) before.after = after;
    else if (this.#silent === track) this.#silent = after;
    if (after) after.before = before;
    else if (this.#newest === track) this.#newest = before;
    track.before = track.after = undefined;
  }
}
