import type { Mode, Override } from "../devices/override.js";
import { isPlausible } from "../time/monotonic-clock.js";
import type { StorageClock } from "../time/storage-clock.js";

/** An override as it is stored. 0.1.0 stored the mode alone. */
export type StoredOverride =
  | Mode
  | {
      readonly mode: Mode;
      /** In ms since 1970, by the wall clock; not there when it lasts. */
      readonly until?: number;
      readonly duration?: number;
    };

export function storedOverride({ mode, until, duration }: Override, clock: StorageClock): StoredOverride {
  return until === undefined ? { mode } : { mode, until: clock.toWall(until), duration };
}

/**
 * An override as it was stored by an earlier run, or by another server. It ends when the wall clock says so, but the wall
 * clock may have been wrong then or now: an override never holds for longer than the person wanted, counted from here, and
 * one that was dated before 2026 by a clock that has been set since holds for all of that.
 */
export function restoredOverride(stored: StoredOverride, clock: StorageClock): Override {
  if (typeof stored === "string") return { mode: stored, until: undefined };
  const { mode, until, duration } = stored;
  if (until === undefined) return { mode, until };
  if (duration === undefined) return { mode, until: clock.fromWall(until) };
  const now = clock.now();
  const left = clock.fromWall(until) - now;
  const isUndated = !isPlausible(until) && isPlausible(clock.toWall(now));
  return { mode, until: now + (isUndated ? duration : Math.min(left, duration)), duration };
}
