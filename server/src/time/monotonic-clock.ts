import { uptime } from "node:os";

/** Largest drift between wall clock and monotonic clock that is ignored as noise or clock slewing, in ms. */
const MAX_CLOCK_NOISE = 100;

/** Minimum size of a wall-clock jump that is reported to listeners, in ms. */
const MIN_REPORTED_JUMP = 2000;

/** Shortest sleep of the machine that is detected, in ms. Linux's monotonic clock stops while the machine sleeps. */
const MIN_DETECTED_SLEEP = 2000;

/** Earliest plausible wall-clock time, in ms since 1970. This program did not exist before 2026. */
const MIN_WALL_TIME = Date.UTC(2026, 0, 1);
/** End of the plausible wall-clock times, in ms since 1970. */
const MAX_WALL_TIME = Date.UTC(2076, 0, 1);

/** Returns whether a wall-clock time is plausible: from 2026 to before 2076. @param wallTime in ms since 1970 */
export const isPlausibleWallTime = (wallTime: number): boolean => wallTime >= MIN_WALL_TIME && wallTime < MAX_WALL_TIME;

/** The time sources of a clock, in ms. Tests replace them. */
export interface TimeSources {
  /** A monotonic time, which never jumps. */
  monotonic(): number;
  /** The machine's wall clock, in ms since 1970. The wall clock may be wrong, and NTP may set it. */
  wall(): number;
  /** Time since the machine started, including sleep. Its growth reveals how long the machine slept. */
  uptime(): number;
}

const MACHINE: TimeSources = {
  monotonic: () => performance.timeOrigin + performance.now(),
  wall: () => Date.now(),
  // only Linux needs the uptime, because on other systems the monotonic clock includes sleep
  uptime: process.platform === "linux" ? () => uptime() * 1000 : () => performance.now(),
};

/**
 * A monotonic clock in whole ms for measuring durations. The clock advances with real time, even when somebody sets the
 * machine's wall clock.
 *
 * The clock starts with the wall-clock time at which the process started, so its times resemble wall times. To show a time
 * to people, convert it with `toWall`: after the wall clock was corrected, earlier times are also shown correctly.
 */
export class MonotonicClock {
  readonly #sources: TimeSources;
  readonly #listeners = new Set<(jump: number) => void>();
  /** Difference between this clock and the monotonic source, in ms: the initial wall time, and the machine's sleep. */
  #offset = 0;
  /** How far the wall clock is ahead of this clock, in ms. */
  #ahead = 0;
  #lastUptimeAhead: number;
  readonly #startedAt: number;
  #plausible = false;

  constructor(sources = MACHINE) {
    this.#sources = sources;
    this.#lastUptimeAhead = this.#uptimeAhead();
    this.detectJumps();
    this.#startedAt = sources.monotonic();
    this.#offset = this.#ahead;
    this.#ahead = 0;
  }

  /** Identifies the clock of this process. Two processes have different ids, except by an unlikely coincidence. */
  get id(): number {
    return this.#startedAt;
  }

  /** Returns the time of this clock, in ms. */
  now(): number {
    return Math.floor(this.#sources.monotonic()) + this.#offset;
  }

  /** Returns the current wall-clock time, in ms since 1970. Use it only for display and for the time of day. */
  wallNow(): number {
    return this.#sources.wall();
  }

  /** Converts a time of this clock to ms since 1970, by the wall clock as it is set now. */
  toWall(time: number): number {
    return time + this.#ahead;
  }

  /** Converts a wall-clock time to a time of this clock: the inverse of `toWall`. @param wallTime in ms since 1970 */
  fromWall(wallTime: number): number {
    return wallTime - this.#ahead;
  }

  /** Whether the wall clock shows a plausible time; see `isPlausibleWallTime`. */
  get isWallClockPlausible(): boolean {
    return this.#plausible;
  }

  /** Detects sleep of the machine and jumps of the wall clock. Call this about once per second. */
  detectJumps(): void {
    const uptimeAhead = this.#uptimeAhead();
    if (uptimeAhead - this.#lastUptimeAhead > MIN_DETECTED_SLEEP) {
      this.#offset += Math.round(uptimeAhead - this.#lastUptimeAhead);
      this.#lastUptimeAhead = uptimeAhead;
    }
    const before = this.now();
    const wall = this.#sources.wall();
    // skip this check if the process was interrupted between reading the two clocks
    if (this.now() - before > MAX_CLOCK_NOISE / 2) return;
    this.#plausible = isPlausibleWallTime(wall);
    const jump = wall - before - this.#ahead;
    if (Math.abs(jump) < MAX_CLOCK_NOISE) return;
    this.#ahead += jump;
    if (Math.abs(jump) >= MIN_REPORTED_JUMP) for (const listener of this.#listeners) listener(jump);
  }

  /**
   * Registers a listener for jumps of the wall clock by 2 s or more.
   * @param listener called after a jump with its size in ms; negative when the clock was set back
   * @returns a function that removes the listener
   */
  onJump(listener: (jump: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #uptimeAhead(): number {
    return this.#sources.uptime() - this.#sources.monotonic();
  }
}

/** The shared monotonic clock of this process. */
export const clock = new MonotonicClock();
