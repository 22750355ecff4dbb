import { z } from "zod";
import { parseDuration } from "../common/duration.js";
import { UsageError } from "../common/errors.js";

/** A bearer token as it is stored. */
export const StoredToken = z.preprocess(
  // 0.1.0 stored the hash alone
  (token) => (typeof token === "string" ? { hash: token } : token),
  z.strictObject({
    /** SHA-256 of the token. */
    hash: z.string().regex(/^[\w-]{43}$/, "is no hash of a token"),
    /** When it was made, ISO 8601. */
    made: z.iso.datetime().optional(),
    /** From when on it is refused, ISO 8601; never when it is left out. */
    expires: z.iso.datetime().optional(),
  }),
);

export type StoredToken = z.infer<typeof StoredToken>;

/** A short name for a token, which says nothing about the token itself: the beginning of its hash. */
export function tokenId({ hash }: StoredToken): string {
  return hash.slice(0, 8);
}

/** @param now in ms since 1970 */
export function isExpired({ expires }: StoredToken, now: number): boolean {
  return expires !== undefined && now >= Date.parse(expires);
}

/** Writes an ISO 8601 time to the minute: `2027-01-01T00:00Z`. */
export function toMinute(time: string): string {
  return `${time.slice(0, 16)}Z`;
}

const DATE = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
/** Beyond the year 9999, ISO 8601 needs more digits. */
const LATEST = Date.UTC(9999, 11, 31);

/**
 * Reads when a token expires: a time from now, such as `90d`, a date, which counts from its beginning in UTC, or a point
 * in time of ISO 8601.
 * @param now in ms since 1970
 * @returns the time in ISO 8601; undefined for `forever`
 * @throws UsageError when it is none of these, or is not in the future
 */
export function parseExpiry(text: string, now: number): string | undefined {
  if (text === "forever") return undefined;
  const time = DATE.test(text) || TIME.test(text) ? Date.parse(text) : now + (parseDuration(text) ?? NaN);
  // JavaScript takes February 30 for March 2
  const isDate = !DATE.test(text) || (time <= LATEST && new Date(time).toISOString().startsWith(text));
  if (!(time <= LATEST) || !isDate)
    throw new UsageError(
      `--expires is "${text}"; it must be a time such as 90d or 12h, a date such as 2027-01-01, or forever.`,
    );
  if (time <= now) throw new UsageError(`--expires is "${text}", which is not in the future.`);
  return new Date(time).toISOString();
}
