/** Summarizes a history plot in a sentence. Does not use the DOM. */

import { formatDuration, formatLight } from "../messages/locale.js";
import { message } from "../messages/message.js";
import type { TimeRange, HistorySeries } from "./history-series.js";

/**
 * Returns a sentence with the number of readings, the range of the light, how long the lamp was on, and for how long
 * readings are missing.
 * @param until latest time at which a reading is possible, in ms since 1970
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
