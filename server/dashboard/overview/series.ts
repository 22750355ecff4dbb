/** Time series of readings for the small plots. Does not use the DOM. */

import type { ReadingPoint } from "../api.js";

/** A reading with known light. */
export interface Reading {
  readonly time: number;
  readonly light: number;
  readonly led_on: boolean;
}

/** Time range of a plot, in ms. */
export const PLOT_DURATION = 3 * 60_000;

/** Longest time between two readings without a gap in the plot, in ms. Online boards send heartbeats more often. */
export const MAX_SILENCE = 90_000;

/** Largest error of the page's estimate of the server's clock, in ms. */
const MAX_CLOCK_ERROR = 3000;

/** Largest number of readings to keep. It bounds the page's memory, and a plot has fewer pixels than this. */
const MAX_READINGS = 1200;

/** Readings of the last three minutes, sorted by time. */
export class RecentReadings {
  private list: Reading[] = [];

  get readings(): readonly Reading[] {
    return this.list;
  }

  get last(): Reading | undefined {
    return this.list[this.list.length - 1];
  }

  /** Appends a reading. To keep the order, a time before the last reading is replaced by the last reading's time. */
  add(time: number, light: number, led_on: boolean): void {
    this.list.push({ time: Math.max(time, this.last?.time ?? time), light, led_on });
    this.trim();
  }

  /**
   * Inserts stored readings, in any order, before the live ones that are newer.
   * @param now current time by the server's clock; live readings with a later time are removed, because they were added
   *   before the clock was set back
   */
  insertStoredReadings(points: readonly ReadingPoint[], now = Infinity): void {
    const known: Reading[] = [];
    for (const { time, light, led_on } of points)
      if (light !== null) known.push({ time, light, led_on: led_on === true });
    known.sort((a, b) => a.time - b.time);
    const from = known.length > 0 ? known[known.length - 1].time : -Infinity;
    this.list = known.concat(this.list.filter(({ time }) => time > from && time <= now + MAX_CLOCK_ERROR));
    this.trim();
  }

  private trim(): void {
    const oldest = (this.last?.time ?? 0) - PLOT_DURATION;
    // Keep one reading before the window, so that the line reaches the edge. Trim in batches, which is cheaper.
    let first = 0;
    while (first + 1 < this.list.length && this.list[first + 1].time < oldest) first++;
    first = Math.max(first, this.list.length - MAX_READINGS);
    if (first > 32 || this.list.length > MAX_READINGS) this.list = this.list.slice(first);
  }
}

/** A time range, in ms since 1970. */
export interface TimeRange {
  from: number;
  to: number;
}

/**
 * Returns the time ranges with the lamp on, up to `until`. The state of a reading holds until the next reading, but not
 * longer than `MAX_SILENCE`.
 */
export function findLampOnRanges(readings: readonly Reading[], until: number): TimeRange[] {
  const spans: TimeRange[] = [];
  readings.forEach((reading, i) => {
    if (!reading.led_on) return;
    const to = Math.min(readings[i + 1]?.time ?? until, reading.time + MAX_SILENCE);
    const last = spans[spans.length - 1];
    if (last && last.to >= reading.time) last.to = to;
    else if (to > reading.time) spans.push({ from: reading.time, to });
  });
  return spans;
}
