import { z } from "zod";
import { parseDuration } from "../common/duration.js";
import { UserError } from "./user-error.js";
import type { Wording } from "./wording.js";

/** A bearer token in `users.json`. */
export const StoredToken = z.strictObject({
  /** SHA-256 of the token, in Base64url. The token itself is not stored. */
  hash: z.string().regex(/^[\w-]{43}$/, "is no hash of a token"),
  /** Creation time of the token, ISO 8601. */
  made: z.iso.datetime(),
  /** Expiry time, ISO 8601. Left out for a token that never expires. */
  expires: z.iso.datetime().optional(),
});

export type StoredToken = z.infer<typeof StoredToken>;

/** Returns the public id of a token: the first 8 characters of its hash. The id reveals nothing about the token. */
export function tokenIdOf({ hash }: StoredToken): string {
  return hash.slice(0, 8);
}

/** Returns whether a token has expired. @param now in ms since 1970 */
export function isExpired({ expires }: StoredToken, now: number): boolean {
  return expires !== undefined && now >= Date.parse(expires);
}

/** Shortens an ISO 8601 time to the minute: `2027-01-01T00:00Z`. */
export function shortenToMinute(time: string): string {
  return `${time.slice(0, 16)}Z`;
}

const DATE_PATTERN = /^\d{4}-\d\d-\d\d$/;
const TIME_PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
/** Latest accepted expiry, in ms since 1970: after the year 9999, ISO 8601 needs more digits. */
const MAX_EXPIRY_TIME = Date.UTC(9999, 11, 31);

/**
 * Parses the expiry of a token: a duration from now such as `90d`, a date (midnight UTC), an ISO 8601 time, or `forever`.
 * @param now in ms since 1970
 * @returns the expiry in ISO 8601; undefined for `forever`
 * @throws UserError when the text is none of these, or not in the future
 */
export function parseExpiry(text: string, now: number, { expiryInput: expires }: Wording): string | undefined {
  if (text === "forever") return undefined;
  const time =
    DATE_PATTERN.test(text) || TIME_PATTERN.test(text) ? Date.parse(text) : now + (parseDuration(text) ?? NaN);
  // reject dates such as February 30, which JavaScript parses as March 2
  const isDate = !DATE_PATTERN.test(text) || (time <= MAX_EXPIRY_TIME && new Date(time).toISOString().startsWith(text));
  if (!(time <= MAX_EXPIRY_TIME) || !isDate)
    throw new UserError(
      "invalid",
      `${expires} is "${text}"; it must be a time such as 90d or 12h, a date such as 2027-01-01, or forever.`,
    );
  if (time <= now) throw new UserError("invalid", `${expires} is "${text}", which is not in the future.`);
  return new Date(time).toISOString();
}
