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

/** The latest readings of each device, in memory, bounded both ways. */
export class Recent {
  readonly #byId = new Map<string, Point[]>();

  add(id: string, point: Point): void {
    const points = this.#byId.get(id) ?? [];
    // what comes late goes where it belongs; nearly all come last
    let at = points.length;
    while (at > 0 && points[at - 1].time > point.time) at--;
    if (at === points.length) points.push(point);
    else points.splice(at, 0, point);
    if (points.length > MAX_POINTS) points.shift();
    // taken out and put back: a Map keeps its order, and the first is the one that was silent longest
    this.#byId.delete(id);
    this.#byId.set(id, points);
    if (this.#byId.size > MAX_DEVICES) this.#byId.delete(this.#byId.keys().next().value!);
  }

  /** Oldest first by the time at which they were taken; empty when nothing is known. */
  of(id: string): readonly Point[] {
    return this.#byId.get(id) ?? [];
  }

  /** Drops a device's readings. */
  delete(id: string): void {
    this.#byId.delete(id);
  }
}
