/**
 * Length of a period for estimating when a board started, in ms. A period is longer than a burst of late readings, and
 * short enough for clocks that drift.
 */
const ESTIMATE_PERIOD = 60_000;

/** How long an estimate from an earlier run of the server stays in use after the first estimate of this run, in ms. */
const RESTORED_ESTIMATE_PERIOD = 5000;

/** The fields of a `BoardClock` as the journal and Redis store them, with wall-clock times. */
export type StoredClock = readonly [latest: number, before: number, since: number];

/**
 * Estimates when a board started, by the server's monotonic clock, because boards do not know the time. The method is a
 * windowed minimum filter.
 *
 * A reading contains the time from the board's start to the measurement (`at`), and the time from the measurement to
 * sending (`age`). So arrival − age − at is the start plus the time in transit. The smallest value of the last one to
 * two minutes is the best estimate. With this estimate, a delayed or repeated reading still gets the time of its
 * measurement.
 */
export interface BoardClock {
  /** The smallest estimate of the start in the current period; NaN before the first reading. */
  currentMin: number;
  /** The smallest estimate of the start in the previous period; `currentMin` in the first period. */
  previousMin: number;
  /** When the first reading of the current period arrived, by the monotonic clock. */
  periodStart: number;
}

/**
 * Confirms a clock that an earlier run of the server stored. Somebody may have set the wall clock in between, so the
 * stored estimate stays in use for only 5 s instead of a minute. Call this after `estimateTime`, with the first reading that
 * was not delayed.
 */
export function confirmClock(clock: BoardClock, arrival: number): void {
  if (clock.periodStart === arrival) clock.periodStart -= ESTIMATE_PERIOD - RESTORED_ESTIMATE_PERIOD;
}

/**
 * Returns when a reading was taken, by the monotonic clock. The result is never after the arrival. All times are in ms.
 */
export function estimateTime(clock: BoardClock, arrival: number, at: number, age: number): number {
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
