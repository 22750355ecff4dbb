import { clock } from "../time/monotonic-clock.js";
import { HttpError } from "./errors.js";

/** A stretch of time as a query string gives it. */
export interface RangeQuery {
  readonly from?: unknown;
  readonly to?: unknown;
}

/** From included, to not, in ms since 1970. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const DAY = 24 * 60 * 60 * 1000;
/** The latest time that `Date` knows: ECMAScript, section 21.4.1.1. */
const LATEST = 8.64e15;
/** A date, or a date and a time with its offset: without one, nobody could say which clock is meant. */
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * The stretch of time that is asked for: until now, and of the last 24 h, unless told.
 * @throws HttpError 400 when a time is none, or there is no time between the two
 */
export function rangeOf({ from, to }: RangeQuery, now = clock.wallNow()): Range {
  // what was read this very moment is part of it
  const end = timeOf("to", to) ?? now + 1;
  const start = timeOf("from", from) ?? Math.max(0, end - DAY);
  if (start < end) return { from: start, to: end };
  throw new HttpError(
    400,
    `"from" (${new Date(start).toISOString()}) must be before "to" (${new Date(end).toISOString()}).`,
  );
}

function timeOf(name: string, text: unknown): number | undefined {
  if (text === undefined) return undefined;
  const time = typeof text === "string" ? parse(text) : NaN;
  if (time >= 0 && time <= LATEST) return time;
  throw new HttpError(
    400,
    `"${name}" must be a time in ms since 1970, or in ISO 8601 with its offset, such as 2026-11-23T18:00:00Z.`,
  );
}

function parse(text: string): number {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  // a + that was not encoded arrives as a space
  const iso = text.replace(" ", "+");
  return ISO.test(iso) ? Date.parse(iso) : NaN;
}
