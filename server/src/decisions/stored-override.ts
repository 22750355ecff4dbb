import type { Mode, Override } from "../devices/override.js";
import { isPlausible } from "../time/monotonic-clock.js";
import type { StorageClock } from "../time/storage-clock.js";

/** An override in stored form. Version 0.1.0 stored only the mode. */
export type StoredOverride =
  | Mode
  | {
      readonly mode: Mode;
      /** End of the override in ms since 1970; missing if the override has no end. */
      readonly until?: number;
      readonly duration?: number;
    };

export function toStoredOverride({ mode, until, duration }: Override, clock: StorageClock): StoredOverride {
  return until === undefined ? { mode } : { mode, until: clock.toWall(until), duration };
}

/**
 * Restores an override from an earlier run or another server. The override ends at its stored time by the wall clock,
 * but at the latest after its original duration, counted from now. A stored time before 2026 shows that the clock was
 * wrong, so the override then lasts for its whole duration.
 */
export function restoreOverride(stored: StoredOverride, clock: StorageClock): Override {
  if (typeof stored === "string") return { mode: stored, until: undefined };
  const { mode, until, duration } = stored;
  if (until === undefined) return { mode, until };
  if (duration === undefined) return { mode, until: clock.fromWall(until) };
  const now = clock.now();
  const left = clock.fromWall(until) - now;
  const isUndated = !isPlausible(until) && isPlausible(clock.toWall(now));
  return { mode, until: now + (isUndated ? duration : Math.min(left, duration)), duration };
}
