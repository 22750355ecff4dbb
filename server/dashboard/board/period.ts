/** The stretch of time that a board's plot shows. Pure. */

import type { Span } from "./track.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What can be chosen: how it is called, and its length in ms. */
export const LENGTHS = [
  ["1 h", HOUR],
  ["6 h", 6 * HOUR],
  ["24 h", DAY],
  ["7 d", 7 * DAY],
  ["30 d", 30 * DAY],
] as const;

/** Nothing shorter is shown, in ms: a sensor is read four times a second. */
const SHORTEST = 10_000;

export class Period {
  private constructor(
    /** In ms. */
    readonly length: number,
    /** In ms since 1970; undefined: it goes with the time, up to now. */
    readonly end: number | undefined,
  ) {}

  /** The latest `length` ms. */
  static latest(length: number): Period {
    return new Period(length, undefined);
  }

  /** The day that begins at `start`, in ms since 1970: one of 23 or 25 hours is shown as it is. */
  static day(start: number): Period {
    const end = new Date(start);
    end.setDate(end.getDate() + 1);
    return new Period(end.getTime() - start, end.getTime());
  }

  /** What was marked in the plot. */
  static between(a: number, b: number): Period {
    const length = Math.max(SHORTEST, Math.abs(b - a));
    return new Period(length, Math.min(a, b) + length);
  }

  /** In whole ms: where it began between two of them, the ticks of a day's plot would be 1 ms before the full hours. */
  span(now: number): Span {
    const to = Math.round(this.end ?? now);
    return { from: to - this.length, to };
  }

  /** As long, earlier (-1) or later (1); not later than now, with which it then goes. */
  pan(direction: -1 | 1, now: number): Period {
    const end = (this.end ?? now) + direction * this.length;
    return new Period(this.length, end >= now ? undefined : end);
  }

  /** As long, at the same end or going with the time. */
  withLength(length: number): Period {
    return new Period(length, this.end);
  }
}
