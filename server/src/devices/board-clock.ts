/** How long an estimate counts, in ms. It outlasts a burst of late readings and follows clocks that drift. */
const ESTIMATE_PERIOD = 60_000;

/** How long the estimate of an earlier run counts after the first one of this run, in ms. */
const RESTORED_ESTIMATE_PERIOD = 5000;

/** A clock in the form in which it is stored. */
export type StoredClock = readonly [latest: number, before: number, since: number];

/**
 * Estimates when a board started, by the server's monotonic clock, because boards do not know the time. A reading says how
 * long after the start it was taken (`at`) and how old it was when it was sent (`age`). So arrival − age − at is the start
 * plus the time in transit, and the smallest value of the last one to two minutes is the best estimate. With it, a
 * reading that waited at a broker or was sent again gets the time when it was taken. The method is a windowed minimum filter.
 */
export interface BoardClock {
  /** The smallest start in the current period, NaN before the first reading. `before` is that of the previous period. */
  currentMin: number;
  previousMin: number;
  periodStart: number;
}

/**
 * Confirms a clock that an earlier run of the server stored. The wall clock may have been set in between, so the stored
 * estimate counts for 5 s more and not for another minute. Call this after `timeOf`, with the first reading that did not
 * wait anywhere.
 */
export function confirmClock(clock: BoardClock, arrival: number): void {
  if (clock.periodStart === arrival) clock.periodStart -= ESTIMATE_PERIOD - RESTORED_ESTIMATE_PERIOD;
}

/** Returns when a reading was taken, by the monotonic clock and never after its arrival. All times are in ms. */
export function timeOf(clock: BoardClock, arrival: number, at: number, age: number): number {
  const start = arrival - age - at;
  if (Number.isNaN(clock.currentMin)) {
    clock.currentMin = clock.previousMin = start;
    clock.periodStart = arrival;
  } else if (Math.abs(arrival - clock.periodStart) > ESTIMATE_PERIOD) {
    clock.previousMin = clock.currentMin;
    clock.currentMin = start;
    clock.periodStart = arrival;
  } else if (start < clock.currentMin) clock.currentMin = start;
  return at + Math.min(clock.currentMin, clock.previousMin);
}
