/** Summarizes a history plot in a sentence. Pure. */

import { count, duration } from "../formatting.js";
import type { Span, Track } from "./track.js";

/**
 * Returns the number of readings, the range of the light, and the times with lamp on and without readings.
 * @param until time of the newest possible reading, in ms
 */
export function summarize(track: Track, { from, to }: Span, until: number): string {
  const end = Math.min(to, until);
  const points = track.points;
  if (points.length === 0) return "No readings in this period.";
  let low = Infinity;
  let high = -Infinity;
  let readings = 0;
  for (const { min, max, count } of points) {
    low = Math.min(low, min);
    high = Math.max(high, max);
    readings += count;
  }
  const on = track.lampOn(from, end);
  const gaps = track.gaps(from, end);
  const lamp =
    on.length === 0 ? "the lamp was never on" : `the lamp was on for ${total(on)}, ${count(on.length, "time")}`;
  const missing = gaps.length === 0 ? "no gap" : `${count(gaps.length, "gap")} without readings, ${total(gaps)} in all`;
  return `${count(readings, "reading")}: light from ${round(low)} to ${round(high)}; ${lamp}; ${missing}.`;
}

function total(spans: readonly Span[]): string {
  return duration(spans.reduce((sum, { from, to }) => sum + to - from, 0));
}

function round(light: number): number {
  return Math.round(light * 10) / 10;
}
