/** The readings that a plot shows. Pure. */

import type { Point } from "../api.js";

/** A point that can be drawn. */
export interface Reading {
  readonly time: number;
  readonly light: number;
  readonly led_on: boolean;
}

/** How much time a plot shows, in ms. */
export const WINDOW = 3 * 60_000;

/** A longer silence than this is a gap and not drawn, in ms: boards have a heartbeat. */
export const SILENCE = 90_000;

/** The page knows the server's clock to this, in ms. */
const NOISE = 3000;

/** More readings than pixels serve nobody; bounds the memory of a page left open beside a chatty device. */
const MOST = 1200;

/** Readings in the order of their time, as many as a plot shows. */
export class Series {
  private list: Reading[] = [];

  get readings(): readonly Reading[] {
    return this.list;
  }

  get last(): Reading | undefined {
    return this.list[this.list.length - 1];
  }

  /** Adds the newest. A time before the last one's counts as the last one's: the order stays. */
  add(time: number, light: number, led_on: boolean): void {
    this.list.push({ time: Math.max(time, this.last?.time ?? time), light, led_on });
    this.trim();
  }

  /**
   * Puts what the server remembers, in any order, before what came live since then.
   * @param now by the server's clock: what came later, by the clock as it was before it was set back, is what the server remembers
   */
  fill(points: readonly Point[], now = Infinity): void {
    const known: Reading[] = [];
    for (const { time, light, led_on } of points)
      if (light !== null) known.push({ time, light, led_on: led_on === true });
    known.sort((a, b) => a.time - b.time);
    const from = known.length > 0 ? known[known.length - 1].time : -Infinity;
    this.list = known.concat(this.list.filter(({ time }) => time > from && time <= now + NOISE));
    this.trim();
  }

  private trim(): void {
    const oldest = (this.last?.time ?? 0) - WINDOW;
    // One reading before the window stays, since the line enters from it. Trimmed in batches: shifting costs.
    let first = 0;
    while (first + 1 < this.list.length && this.list[first + 1].time < oldest) first++;
    first = Math.max(first, this.list.length - MOST);
    if (first > 32 || this.list.length > MOST) this.list = this.list.slice(first);
  }
}

/** From when to when, in ms. */
export interface Span {
  from: number;
  to: number;
}

/**
 * When the lamp was on, up to `until`. A lamp's state holds until the next reading, but not over a silence, of which
 * nobody knows.
 */
export function lampSpans(readings: readonly Reading[], until: number): Span[] {
  const spans: Span[] = [];
  readings.forEach((reading, i) => {
    if (!reading.led_on) return;
    const to = Math.min(readings[i + 1]?.time ?? until, reading.time + SILENCE);
    const last = spans[spans.length - 1];
    if (last && last.to >= reading.time) last.to = to;
    else if (to > reading.time) spans.push({ from: reading.time, to });
  });
  return spans;
}
