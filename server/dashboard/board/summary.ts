/** Summarizes a history plot in a sentence. Does not use the DOM. */

import { formatDuration, formatLight } from "../messages/locale.js";
import { message } from "../messages/message.js";
import type { TimeRange, HistorySeries } from "./history-series.js";

/**
 * Returns a sentence: number of readings, range of the light, how long the lamp was on, how long readings are missing.
 * @param until time of the newest possible reading, in ms
 */
export function summarize(series: HistorySeries, { from, to }: TimeRange, until: number): string {
  const end = Math.min(to, until);
  const points = series.points;
  if (points.length === 0) return message("history.empty");
  let low = Infinity;
  let high = -Infinity;
  let readings = 0;
  for (const { min, max, count } of points) {
    low = Math.min(low, min);
    high = Math.max(high, max);
    readings += count;
  }
  const on = series.findLampOnRanges(from, end);
  const gaps = series.findGapRanges(from, end);
  return message("history.summary", {
    readings: message("history.readingCount", { count: readings }),
    low: formatLight(low),
    high: formatLight(high),
    lamp:
      on.length === 0
        ? message("history.neverOn")
        : message("history.timesOn", { duration: formatTotalTime(on), count: on.length }),
    gaps:
      gaps.length === 0
        ? message("history.noGap")
        : message("history.gaps", { duration: formatTotalTime(gaps), count: gaps.length }),
  });
}

function formatTotalTime(spans: readonly TimeRange[]): string {
  return formatDuration(spans.reduce((sum, { from, to }) => sum + to - from, 0));
}
