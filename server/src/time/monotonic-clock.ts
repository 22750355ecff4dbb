import { uptime } from "node:os";

/** A wall clock is compared with the monotonic one to about this, in ms: less is noise, or a clock that is slewed. */
const NOISE = 100;

/** A jump of less than this, in ms, is not worth a line in the log. */
const NOTABLE = 2000;

/** Linux's monotonic clock stands still while the machine sleeps; a sleep is noticed from this length on, in ms. */
const SLEEP = 2000;

/** Nobody ran this program before 2026, so that a wall clock that says so is wrong; so is one that is 50 years ahead. */
const EARLIEST = Date.UTC(2026, 0, 1);
const LATEST = Date.UTC(2076, 0, 1);

/** Whether a wall clock may say this. @param wallTime ms since 1970 */
export const isPlausible = (wallTime: number): boolean => wallTime >= EARLIEST && wallTime < LATEST;

/** Where a clock reads the time, in ms; replaced in tests. */
export interface TimeSources {
  /** Never jumps. */
  monotonic(): number;
  /** Since 1970, as the machine has it at this moment: it may be wrong, and be set. */
  wall(): number;
  /** Since the machine started, while it slept too. */
  uptime(): number;
}

const MACHINE: TimeSources = {
  monotonic: () => performance.timeOrigin + performance.now(),
  wall: () => Date.now(),
  // elsewhere the monotonic clock counts sleep itself
  uptime: process.platform === "linux" ? () => uptime() * 1000 : () => performance.now(),
};

/**
 * A clock by which durations are measured: whole ms that only ever move forward, at the pace of real time, whatever happens
 * to the machine's wall clock. Its times look like wall times, since they count from 1970 by the wall clock of the moment
 * when the process started, but people are shown `toWall` of them: then a wall clock that was wrong at first, and was set
 * since, is right for earlier times as well.
 */
export class MonotonicClock {
  readonly #sources: TimeSources;
  readonly #listeners = new Set<(jump: number) => void>();
  /** What is added to the monotonic source: so that this clock began as the wall clock, and counts the machine's sleep. */
  #offset = 0;
  /** How far the wall clock is ahead of this one. */
  #ahead = 0;
  #awake: number;
  readonly #began: number;
  #plausible = false;

  constructor(sources = MACHINE) {
    this.#sources = sources;
    this.#awake = this.#uptimeAhead();
    this.check();
    this.#began = sources.monotonic();
    this.#offset = this.#ahead;
    this.#ahead = 0;
  }

  /** Tells the clock of this process from those of earlier runs, in all likelihood. */
  get id(): number {
    return this.#began;
  }

  /** The time by this clock. */
  now(): number {
    return Math.floor(this.#sources.monotonic()) + this.#offset;
  }

  /** What the wall clock says at this moment, in ms since 1970: only for people, and for the time of day. */
  wallNow(): number {
    return this.#sources.wall();
  }

  /** What the wall clock, as it goes now, says at a time of this clock. @returns ms since 1970 */
  toWall(time: number): number {
    return time + this.#ahead;
  }

  /** The reverse of `toWall`. @param wallTime ms since 1970 */
  fromWall(wallTime: number): number {
    return wallTime - this.#ahead;
  }

  /** Whether the wall clock may be right; see `isPlausible`. */
  get plausible(): boolean {
    return this.#plausible;
  }

  /** Compares the clocks. To be called about once a second; a jump of the wall clock is noticed here. */
  check(): void {
    const uptimeAhead = this.#uptimeAhead();
    if (uptimeAhead - this.#awake > SLEEP) {
      this.#offset += Math.round(uptimeAhead - this.#awake);
      this.#awake = uptimeAhead;
    }
    const before = this.now();
    const wall = this.#sources.wall();
    // interrupted in between: the next check will do
    if (this.now() - before > NOISE / 2) return;
    this.#plausible = isPlausible(wall);
    const jump = wall - before - this.#ahead;
    if (Math.abs(jump) < NOISE) return;
    this.#ahead += jump;
    if (Math.abs(jump) >= NOTABLE) for (const listener of this.#listeners) listener(jump);
  }

  /**
   * Tells of jumps of the wall clock of 2 s and more, after them.
   * @param listener gets how far it jumped, in ms; negative: it was set back
   * @returns ends that
   */
  onJump(listener: (jump: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #uptimeAhead(): number {
    return this.#sources.uptime() - this.#sources.monotonic();
  }
}

/** The clock of this process. */
export const clock = new MonotonicClock();
