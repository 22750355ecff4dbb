import type { Telemetry } from "../../contract/index.js";
import type { Point } from "./recent.js";

export type StoredPoint = readonly [time: number, light: number, led_on: boolean | null];

/** One entry: what came, and when; what it means for the plot. A boot of null: the device was forgotten. */
export type Entry = readonly [
  id: string,
  boot: number | null,
  seq: number,
  at: number | null,
  age: number | null,
  now: number,
  live: boolean,
  ...point: StoredPoint,
];
const LENGTH = 10;

/** Entries as they are stored: all in a row, because an object for each would be most of the work. */
export type StoredEntries = Entry[number][];

/** What the journal writes at once. */
export class Entries {
  readonly stored: StoredEntries;

  constructor(stored: StoredEntries = []) {
    this.stored = stored;
  }

  get size(): number {
    return this.stored.length / LENGTH;
  }

  /** A reading that came at `now`. @param live whether it cannot have waited at a broker */
  add(id: string, reading: Telemetry, now: number, live: boolean, { time, light, led_on }: Point): void {
    const { boot = null, seq = 0, at = null, age = null } = reading;
    this.stored.push(id, boot, seq, at, age, now, live, time, light, led_on);
  }

  /** Nothing is known of the device any more. */
  forget(id: string): void {
    this.stored.push(id, null, 0, null, null, 0, false, 0, 0, null);
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (let i = 0; i < this.stored.length; i += LENGTH) yield this.stored.slice(i, i + LENGTH) as unknown as Entry;
  }

  /** Tells of each reading. */
  tell(of: (id: string, point: Point) => void): void {
    const { stored } = this;
    // by its places: this is done for every reading
    for (let i = 0; i < stored.length; i += LENGTH) {
      if (stored[i + 1] === null) continue;
      const [time, light, led_on] = [stored[i + 7], stored[i + 8], stored[i + 9]] as unknown as StoredPoint;
      of(stored[i] as string, { time, light, led_on });
    }
  }
}
