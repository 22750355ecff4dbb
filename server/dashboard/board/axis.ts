/** Formats times of a plot in the user's locale. */

import { getDateFormat } from "../messages/locale.js";

const MINUTE = 60_000;

const MINUTE_FORMAT = { hour: "2-digit", minute: "2-digit" } as const;
const SECOND_FORMAT = { ...MINUTE_FORMAT, second: "2-digit" } as const;
const DAY_FORMAT = { day: "numeric", month: "short" } as const;
const DAY_MINUTE_FORMAT = { ...DAY_FORMAT, ...MINUTE_FORMAT } as const;
const DAY_SECOND_FORMAT = { ...DAY_FORMAT, ...SECOND_FORMAT } as const;

/** Formats the labels of a time axis. At midnight, the label is the date. @param step time between two labels, in ms */
export function formatAxisLabels(times: readonly number[], step: number): string[] {
  return times.map((time) => {
    const date = new Date(time);
    if (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0)
      return getDateFormat(DAY_FORMAT).format(date);
    return getDateFormat(step < MINUTE ? SECOND_FORMAT : MINUTE_FORMAT).format(date);
  });
}

/** Formats a time, in ms since 1970, as a date and a time of day with seconds. */
export function formatDateTime(time: number): string {
  return getDateFormat(DAY_SECOND_FORMAT).format(time);
}

/** Formats the range between two times, in ms since 1970. */
export function formatTimeRange(from: number, to: number): string {
  return getDateFormat(to - from < 5 * MINUTE ? DAY_SECOND_FORMAT : DAY_MINUTE_FORMAT).formatRange(from, to);
}
