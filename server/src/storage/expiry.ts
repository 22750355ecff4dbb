import { clock, isPlausible } from "../time/monotonic-clock.js";

/** When a message expires, as it is stored. */
export interface StoredExpiry {
  /** In ms since 1970, by the wall clock as it was (MQTT 5.0, 3.3.2.3.3). */
  readonly messageExpiry?: number;
  /** The same by the monotonic clock of the process that stored it, with the id of that clock. */
  readonly expiresAt?: readonly [clockId: number, time: number];
}

/** A message as it is stored, which may have the properties of MQTT 5.0. */
interface Stored extends StoredExpiry {
  readonly properties?: { readonly messageExpiryInterval?: number };
}

/** @param messageExpiry in ms since 1970 by the wall clock, as aedes reckons it; undefined when the message does not expire */
export function storedExpiry(messageExpiry: number | undefined): StoredExpiry {
  if (messageExpiry === undefined) return {};
  return { messageExpiry, expiresAt: [clock.id, clock.fromWall(messageExpiry)] };
}

/**
 * When a stored message expires by the wall clock as it is now, which may have been set since; undefined when it does not. A
 * message of an earlier run expires when the wall clock says so, but never later than its whole interval from now on; and if
 * the wall clock was obviously wrong when it was published, after that interval.
 */
export function restoredExpiry({ messageExpiry, expiresAt, properties }: Stored): number | undefined {
  if (messageExpiry === undefined) return undefined;
  if (expiresAt?.[0] === clock.id) return clock.toWall(expiresAt[1]);
  const latest = clock.wallNow() + (properties?.messageExpiryInterval ?? Infinity) * 1000;
  const isUndated = !isPlausible(messageExpiry) && clock.plausible;
  return isUndated && latest < Infinity ? latest : Math.min(messageExpiry, latest);
}
