import { clock } from "../time/monotonic-clock.js";
import type { HistoryReading, HistorySwitch, Recorded } from "./history.js";
import { END_OF_TIME } from "./packing.js";
import type { Writer } from "./writer.js";

/** How long readings wait for a wall clock that is obviously wrong, in ms: NTP sets it within minutes, or never. */
const PATIENCE = 600_000;

/** How many wait at most. */
const MOST = 200_000;

/** How often the clock is looked at meanwhile, in ms. */
const LOOK = 1000;

type Row = readonly [device: Recorded, reading: HistoryReading | undefined, change: HistorySwitch | undefined];

/**
 * Dates readings and switches for the history: times of the monotonic clock become wall times. While the wall clock is
 * obviously wrong, as on a machine without a battery before NTP has set it, they wait, and get their right dates once it is set.
 * After ten minutes they are stored under what the clock says.
 */
export class Undated {
  readonly #writer: Writer;
  readonly #told: (problem: string) => void;
  #rows: Row[] = [];
  /** When the first waited. */
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The clock stayed wrong: nothing waits for it any more. */
  #isGivenUp = false;

  constructor(writer: Writer, told: (problem: string) => void) {
    this.#writer = writer;
    this.#told = told;
  }

  addReading(device: Recorded, reading: HistoryReading): void {
    if (reading.isDated) this.#writeReading(device, reading.time, reading);
    else if (this.#isReady()) this.#writeReading(device, this.#dateOf(reading.time), reading);
    else this.#wait([device, reading, undefined]);
  }

  addSwitch(device: Recorded, change: HistorySwitch): void {
    if (this.#isReady()) this.#writeSwitch(device, this.#dateOf(change.time), change);
    else this.#wait([device, undefined, change]);
  }

  /** Drops what waits of a device. */
  forget(id: string): void {
    const before = this.#rows.length;
    this.#rows = this.#rows.filter(([device]) => device.id !== id);
    this.#writer.stats.waiting -= before - this.#rows.length;
  }

  /** Nothing waits any more. */
  close(): void {
    this.#release();
  }

  #isReady(): boolean {
    if (clock.plausible) this.#isGivenUp = false;
    return (clock.plausible || this.#isGivenUp) && this.#rows.length === 0;
  }

  /** In ms since 1970. A year that the history cannot store is as wrong as 1970, which it can. */
  #dateOf(time: number): number {
    const wallTime = clock.toWall(time);
    return isStorable(wallTime) ? wallTime : Math.max(0, time - (this.#since ?? time));
  }

  #writeReading(device: Recorded, time: number, { light, boot, seq }: HistoryReading): void {
    if (isStorable(time)) this.#writer.addReading(device, { time, light, boot, seq });
    else this.#writer.stats.lost++;
  }

  #writeSwitch(device: Recorded, time: number, change: HistorySwitch): void {
    this.#writer.addSwitch(device, { ...change, time });
  }

  #wait(row: Row): void {
    this.#since ??= clock.now();
    this.#rows.push(row);
    this.#writer.stats.waiting++;
    if (this.#rows.length >= MOST) this.#release();
    else this.#timer ??= setInterval(() => this.#look(), LOOK).unref();
  }

  #look(): void {
    clock.check();
    if (clock.plausible) this.#release();
    else if (clock.now() - this.#since! >= PATIENCE) {
      this.#isGivenUp = true;
      this.#release();
    }
  }

  #release(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    this.#writer.stats.waiting -= rows.length;
    if (!clock.plausible) {
      const date = new Date(this.#dateOf(rows[0][1]?.time ?? this.#since!)).toISOString();
      this.#told(
        `The machine's clock is wrong, so that ${rows.length} readings and switches are in the history from ${date} on; ` +
          `set the clock, for example by NTP.`,
      );
    }
    for (const [device, reading, change] of rows) {
      if (reading) this.#writeReading(device, this.#dateOf(reading.time), reading);
      if (change) this.#writeSwitch(device, this.#dateOf(change.time), change);
    }
  }
}

const isStorable = (wallTime: number): boolean => wallTime >= 0 && wallTime < END_OF_TIME;
