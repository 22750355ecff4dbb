/** Formats times of a plot in the user's locale. */

import { dateFormat } from "../messages/locale.js";

const MINUTE = 60_000;

const TO_MINUTE = { hour: "2-digit", minute: "2-digit" } as const;
const TO_SECOND = { ...TO_MINUTE, second: "2-digit" } as const;
const DAY = { day: "numeric", month: "short" } as const;
const DAY_TO_MINUTE = { ...DAY, ...TO_MINUTE } as const;
const DAY_TO_SECOND = { ...DAY, ...TO_SECOND } as const;

/** Formats the labels of a time axis. At midnight, the label is the date. @param step time between two labels, in ms */
export function axisLabels(times: readonly number[], step: number): string[] {
  return times.map((time) => {
    const date = new Date(time);
    if (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0)
      return dateFormat(DAY).format(date);
    return dateFormat(step < MINUTE ? TO_SECOND : TO_MINUTE).format(date);
  });
}

/** Formats a time in ms as date and time with seconds. */
export function dateTime(time: number): string {
  return dateFormat(DAY_TO_SECOND).format(time);
}

/** Formats the range between two times, in ms since 1970. */
export function timeRange(from: number, to: number): string {
  return dateFormat(to - from < 5 * MINUTE ? DAY_TO_SECOND : DAY_TO_MINUTE).formatRange(from, to);
}
