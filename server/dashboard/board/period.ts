/** Time range of a history plot. Does not use the DOM. */

import { formatUnit } from "../messages/locale.js";
import type { TimeRange } from "./history-series.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Lengths of time ranges that the user can select, in ms. */
export const PERIOD_LENGTHS = [HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY] as const;

/** Formats the length of a time range in hours up to a day, otherwise in days: `24h`, `7d`. */
export function formatPeriodLength(length: number): string {
  return length <= DAY ? formatUnit(length / HOUR, "hour", "narrow") : formatUnit(length / DAY, "day", "narrow");
}

/** Shortest time range, in ms. It contains at most 40 readings, because boards take at most four a second. */
const MIN_PERIOD_LENGTH = 10_000;

export class Period {
  private constructor(
    /** Length of the time range, in ms. */
    readonly length: number,
    /** End of the time range, in ms since 1970; undefined if the range always ends now. */
    readonly end: number | undefined,
  ) {}

  /** Returns the range of the latest `length` ms. */
  static latest(length: number): Period {
    return new Period(length, undefined);
  }

  /** Returns the day that begins at `start`, in ms since 1970. Daylight saving time makes some days 23 or 25 h long. */
  static day(start: number): Period {
    const end = new Date(start);
    end.setDate(end.getDate() + 1);
    return new Period(end.getTime() - start, end.getTime());
  }

  /** Returns the range between two times, in any order. */
  static between(a: number, b: number): Period {
    const length = Math.max(MIN_PERIOD_LENGTH, Math.abs(b - a));
    return new Period(length, Math.min(a, b) + length);
  }

  /** Returns the time range in whole ms. Fractions would put the axis labels of a day 1 ms before the full hours. */
  rangeAt(now: number): TimeRange {
    const to = Math.round(this.end ?? now);
    return { from: to - this.length, to };
  }

  /** Moves the range by its length, earlier (-1) or later (1). A range that would end in the future ends now. */
  move(direction: -1 | 1, now: number): Period {
    const end = (this.end ?? now) + direction * this.length;
    return new Period(this.length, end >= now ? undefined : end);
  }

  /** Returns a range of another length with the same end. */
  withLength(length: number): Period {
    return new Period(length, this.end);
  }
}
