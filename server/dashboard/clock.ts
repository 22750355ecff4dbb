/** Clock of the server, estimated in the browser. Readings carry the server's time, and a phone's clock may differ. */

import { getDateFormat } from "./messages/locale.js";

/** When the page was loaded, by the browser's clock, in ms since 1970. The page adds a monotonic clock to it. */
const pageLoadTime = Date.now() - performance.now();
let clockOffset = 0;

/** Returns the current time by the server's clock, in ms since 1970. */
export function now(): number {
  return pageLoadTime + performance.now() - clockOffset;
}

/**
 * Sets the clock from the `Date` header of a response that has just arrived. Ignores differences below two seconds,
 * because the header only has whole seconds.
 */
export function setClock(header: string | null): void {
  const date = Date.parse(header ?? "");
  if (Number.isNaN(date)) return;
  const difference = pageLoadTime + performance.now() - (date + 500);
  clockOffset = Math.abs(difference) > 2000 ? difference : 0;
}

const TIME_FORMAT = { hour: "2-digit", minute: "2-digit" } as const;
const DAY_AND_TIME_FORMAT = { day: "numeric", month: "short", ...TIME_FORMAT } as const;

/** Formats a time in ms: the time of day, and also the day if it is more than 12 hours away. */
export function formatTime(ms: number): string {
  return getDateFormat(Math.abs(now() - ms) < 12 * 3600_000 ? TIME_FORMAT : DAY_AND_TIME_FORMAT).format(ms);
}

const DATE_FORMAT = { day: "numeric", month: "short", year: "numeric" } as const;

/** Formats the day of a time in ms, with its year. */
export function formatDate(ms: number): string {
  return getDateFormat(DATE_FORMAT).format(ms);
}

/** Formats a time of day such as `06:30`. */
export function formatTimeOfDay(time: string): string {
  const [hours, minutes] = time.split(":").map(Number);
  return getDateFormat(TIME_FORMAT).format(new Date(2000, 0, 1, hours, minutes));
}

/** Returns the time until the next 7:00 in the browser's time zone, in ms. */
export function getTimeUntilMorning(): number {
  const at = new Date(now());
  if (at.getHours() >= 7) at.setDate(at.getDate() + 1);
  return at.setHours(7, 0, 0, 0) - now();
}
