import { clock } from "../time/monotonic-clock.js";
import { HttpError } from "./errors.js";

/** The unchecked time range of a query string. */
export interface RangeQuery {
  readonly from?: unknown;
  readonly to?: unknown;
}

/** A time range in ms since 1970. `from` is inclusive and `to` is exclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const DAY_LENGTH = 24 * 60 * 60 * 1000;
/** Latest time that a `Date` can hold (ECMAScript, section 21.4.1.1), in ms since 1970. */
const MAX_DATE = 8.64e15;
/** An ISO 8601 date, or a date and time with a UTC offset. A time without an offset would be ambiguous. */
const ISO_8601_PATTERN = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * Parses the time range of a query. `to` defaults to now, and `from` to 24 h before `to`.
 * @throws HttpError 400 when a time is invalid, or `from` is not before `to`
 */
export function parseRange({ from, to }: RangeQuery, now = clock.wallNow()): TimeRange {
  // Add 1 because `to` is exclusive, so that the range includes readings of the current millisecond.
  const end = parseTimeParameter("to", to) ?? now + 1;
  const start = parseTimeParameter("from", from) ?? Math.max(0, end - DAY_LENGTH);
  if (start < end) return { from: start, to: end };
  throw new HttpError(
    400,
    `"from" (${new Date(start).toISOString()}) must be before "to" (${new Date(end).toISOString()}).`,
  );
}

function parseTimeParameter(name: string, text: unknown): number | undefined {
  if (text === undefined) return undefined;
  const time = typeof text === "string" ? parseIsoTime(text) : NaN;
  if (time >= 0 && time <= MAX_DATE) return time;
  throw new HttpError(
    400,
    `"${name}" must be a time in ms since 1970, or in ISO 8601 with a UTC offset, such as 2026-11-23T18:00:00Z.`,
  );
}

function parseIsoTime(text: string): number {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  // A + that is not percent-encoded in a query string decodes to a space, so convert it back.
  const iso = text.replace(" ", "+");
  return ISO_8601_PATTERN.test(iso) ? Date.parse(iso) : NaN;
}
