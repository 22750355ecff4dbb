import { clock } from "../time/monotonic-clock.js";
import type { HistoryDevice, HistoryReading, HistorySwitch } from "./history.js";
import { MAX_STORED_TIME } from "./packing.js";
import type { HistoryWriter } from "./writer.js";

/** How long entries wait for a plausible wall clock, in ms. NTP usually sets the clock within minutes. */
const MAX_CLOCK_WAIT = 600_000;

/** Maximum number of entries that wait for the clock. A full queue is written with implausible times. */
const MAX_ENTRIES = 200_000;

/** Interval between checks of the wall clock while entries wait, in ms. */
const CHECK_INTERVAL = 1000;

type QueuedEntry = readonly [
  device: HistoryDevice,
  reading: HistoryReading | undefined,
  change: HistorySwitch | undefined,
];

/**
 * Converts monotonic times to wall-clock times and passes readings and switches to the writer. While the wall clock is
 * implausible, entries wait in a queue. On a machine without a battery-backed clock, this lasts until NTP sets the
 * time. After ten minutes the queue gives up and uses the implausible time.
 */
export class WallClockQueue {
  readonly #writer: HistoryWriter;
  readonly #onProblem: (problem: string) => void;
  #entries: QueuedEntry[] = [];
  /** Monotonic time at which the first entry started to wait. */
  #waitingSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** True after the wall clock stayed implausible for `MAX_CLOCK_WAIT`: new entries no longer wait. */
  #hasGivenUp = false;

  constructor(writer: HistoryWriter, onProblem: (problem: string) => void) {
    this.#writer = writer;
    this.#onProblem = onProblem;
  }

  addReading(device: HistoryDevice, reading: HistoryReading): void {
    if (reading.isDated) this.#writeReading(device, reading.time, reading);
    else if (this.#isReady()) this.#writeReading(device, this.#toWallTime(reading.time), reading);
    else this.#enqueue([device, reading, undefined]);
  }

  addSwitch(device: HistoryDevice, change: HistorySwitch): void {
    if (this.#isReady()) this.#writeSwitch(device, this.#toWallTime(change.time), change);
    else this.#enqueue([device, undefined, change]);
  }

  /** Drops the queued entries of a device, whose history is being deleted. */
  forget(id: string): void {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter(([device]) => device.id !== id);
    this.#writer.stats.waiting -= before - this.#entries.length;
  }

  /** Passes all queued entries to the writer, even if the wall clock is implausible. */
  close(): void {
    this.#flush();
  }

  #isReady(): boolean {
    if (clock.plausible) this.#hasGivenUp = false;
    return (clock.plausible || this.#hasGivenUp) && this.#entries.length === 0;
  }

  /** Converts a monotonic time to ms since 1970. If the clock shows an unstorable year, times start at 1970 instead. */
  #toWallTime(time: number): number {
    const wallTime = clock.toWall(time);
    return isStorable(wallTime) ? wallTime : Math.max(0, time - (this.#waitingSince ?? time));
  }

  #writeReading(device: HistoryDevice, time: number, { light, boot, seq }: HistoryReading): void {
    if (isStorable(time)) this.#writer.addReading(device, { time, light, boot, seq });
    else this.#writer.stats.lost++;
  }

  #writeSwitch(device: HistoryDevice, time: number, change: HistorySwitch): void {
    this.#writer.addSwitch(device, { ...change, time });
  }

  #enqueue(entry: QueuedEntry): void {
    this.#waitingSince ??= clock.now();
    this.#entries.push(entry);
    this.#writer.stats.waiting++;
    if (this.#entries.length >= MAX_ENTRIES) this.#flush();
    else this.#timer ??= setInterval(() => this.#checkClock(), CHECK_INTERVAL).unref();
  }

  #checkClock(): void {
    clock.check();
    if (clock.plausible) this.#flush();
    else if (clock.now() - this.#waitingSince! >= MAX_CLOCK_WAIT) {
      this.#hasGivenUp = true;
      this.#flush();
    }
  }

  #flush(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const entries = this.#entries;
    if (entries.length === 0) return;
    this.#entries = [];
    this.#writer.stats.waiting -= entries.length;
    if (!clock.plausible) {
      const date = new Date(this.#toWallTime(entries[0][1]?.time ?? this.#waitingSince!)).toISOString();
      this.#onProblem(
        `The machine's clock is wrong, so the history stores ${entries.length} readings and switches with times from ` +
          `${date} on; set the clock, for example by NTP.`,
      );
    }
    for (const [device, reading, change] of entries) {
      if (reading) this.#writeReading(device, this.#toWallTime(reading.time), reading);
      if (change) this.#writeSwitch(device, this.#toWallTime(change.time), change);
    }
  }
}

const isStorable = (wallTime: number): boolean => wallTime >= 0 && wallTime < MAX_STORED_TIME;
