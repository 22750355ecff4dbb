import { clock, isPlausibleWallTime } from "../time/monotonic-clock.js";

/** The expiry time of a message on disk. */
export interface StoredExpiry {
  /** Expiry time in ms since 1970, by the wall clock at the time of writing (MQTT 5.0, 3.3.2.3.3). */
  readonly messageExpiry?: number;
  /** Expiry time by the monotonic clock of the process that stored the message, with the id of that clock. */
  readonly expiresAt?: readonly [clockId: number, time: number];
}

/** The fields of a stored message that determine when the message expires. */
interface ExpiringMessage extends StoredExpiry {
  readonly properties?: { readonly messageExpiryInterval?: number };
}

/**
 * Converts an expiry time for storage.
 * @param messageExpiry in ms since 1970 by the wall clock, as aedes computes it; undefined for a message that never expires
 */
export function toStoredExpiry(messageExpiry: number | undefined): StoredExpiry {
  if (messageExpiry === undefined) return {};
  return { messageExpiry, expiresAt: [clock.id, clock.fromWall(messageExpiry)] };
}

/**
 * Returns when a stored message expires, in ms since 1970 by the current wall clock; undefined for a message that never
 * expires. The wall clock may have been set since the message was stored:
 *
 * - A message of this run expires by the monotonic clock.
 * - A message of an earlier run expires at its stored wall-clock time, but at the latest one full expiry interval from now.
 * - If the wall clock was obviously wrong when the message was stored, the message expires one full interval from now.
 */
export function fromStoredExpiry({ messageExpiry, expiresAt, properties }: ExpiringMessage): number | undefined {
  if (messageExpiry === undefined) return undefined;
  if (expiresAt?.[0] === clock.id) return clock.toWall(expiresAt[1]);
  const latest = clock.wallNow() + (properties?.messageExpiryInterval ?? Infinity) * 1000;
  const isUndated = !isPlausibleWallTime(messageExpiry) && clock.isWallClockPlausible;
  return isUndated && latest < Infinity ? latest : Math.min(messageExpiry, latest);
}
