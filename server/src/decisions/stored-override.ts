import type { Mode, Override } from "../devices/override.js";
import { isPlausible } from "../time/monotonic-clock.js";
import type { StorageClock } from "../time/storage-clock.js";

/** An override in the form in which it is stored. Version 0.1.0 stored nothing but the mode. */
export type StoredOverride =
  | Mode
  | {
      readonly mode: Mode;
      /** In ms since 1970; missing if the override has no end. */
      readonly until?: number;
      readonly duration?: number;
    };

export function storedOverride({ mode, until, duration }: Override, clock: StorageClock): StoredOverride {
  return until === undefined ? { mode } : { mode, until: clock.toWall(until), duration };
}

/**
 * Restores an override of an earlier run or another server. It ends at its time by the wall clock. Because that clock may
 * have been wrong, the override never lasts longer from now on than the person wanted. If the time is before 2026, the clock
 * was wrong when the override was stored, and the override lasts for its whole duration.
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
