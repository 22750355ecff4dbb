/** What a board's plot shows, in a sentence. Pure. */

import { count, duration } from "../words.js";
import type { Span, Track } from "./track.js";

/** `until`: up to when there can be readings, in ms. */
export function summarize(track: Track, { from, to }: Span, until: number): string {
  const end = Math.min(to, until);
  const points = track.points;
  if (points.length === 0) return "There are no readings in this time.";
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
  const silent = gaps.length === 0 ? "no gap" : `${count(gaps.length, "gap")} without readings, ${total(gaps)} in all`;
  return `${count(readings, "reading")}: light from ${round(low)} to ${round(high)}; ${lamp}; ${silent}.`;
}

function total(spans: readonly Span[]): string {
  return duration(spans.reduce((sum, { from, to }) => sum + to - from, 0));
}

function round(light: number): number {
  return Math.round(light * 10) / 10;
}
