/** Summarizes a history plot in a sentence. Pure. */

import { count, duration } from "../formatting.js";
import type { TimeRange, HistorySeries } from "./history-series.js";

/**
 * Returns a sentence: number of readings, range of the light, how long the lamp was on, how long readings are missing.
 * @param until time of the newest possible reading, in ms
 */
export function summarize(series: HistorySeries, { from, to }: TimeRange, until: number): string {
  const end = Math.min(to, until);
  const points = series.points;
  if (points.length === 0) return "No readings in this period.";
  let low = Infinity;
  let high = -Infinity;
  let readings = 0;
  for (const { min, max, count } of points) {
    low = Math.min(low, min);
    high = Math.max(high, max);
    readings += count;
  }
  const on = series.lampOn(from, end);
  const gaps = series.gaps(from, end);
  const lamp =
    on.length === 0 ? "the lamp was never on" : `the lamp was on for ${totalTime(on)}, ${count(on.length, "time")}`;
  const missing =
    gaps.length === 0 ? "no gap" : `${count(gaps.length, "gap")} without readings, ${totalTime(gaps)} in all`;
  return `${count(readings, "reading")}: light from ${roundLight(low)} to ${roundLight(high)}; ${lamp}; ${missing}.`;
}

function totalTime(spans: readonly TimeRange[]): string {
  return duration(spans.reduce((sum, { from, to }) => sum + to - from, 0));
}

function roundLight(light: number): number {
  return Math.round(light * 10) / 10;
}
