/** How long an estimate counts, in ms. It outlasts a burst of late readings and follows clocks that drift. */
const SPAN = 60_000;

/** How long the estimate of an earlier run counts after the first one of this run, in ms. */
const CONFIRMED = 5000;

/** A clock in the form in which it is stored. */
export type StoredClock = readonly [latest: number, before: number, since: number];

/**
 * Estimates when a board started, by the server's monotonic clock, because boards do not know the time. A reading says how
 * long after the start it was taken (`at`) and how old it was when it was sent (`age`). So arrival − age − at is the start
 * plus the time in transit, and the smallest value of the last one to two minutes is the best estimate. With it, a
 * reading that waited at a broker or was sent again gets the time when it was taken. The method is a windowed minimum filter.
 */
export interface Clock {
  /** The smallest start in the current period, NaN before the first reading. `before` is that of the previous period. */
  latest: number;
  before: number;
  since: number;
}

/**
 * Confirms a clock that an earlier run of the server stored. The wall clock may have been set in between, so the stored
 * estimate counts for 5 s more and not for another minute. Call this after `timeOf`, with the first reading that did not
 * wait anywhere.
 */
export function confirmClock(clock: Clock, arrival: number): void {
  if (clock.since === arrival) clock.since -= SPAN - CONFIRMED;
}

/** Returns when a reading was taken, by the monotonic clock and never after its arrival. All times are in ms. */
export function timeOf(clock: Clock, arrival: number, at: number, age: number): number {
  const start = arrival - age - at;
  if (Number.isNaN(clock.latest)) {
    clock.latest = clock.before = start;
    clock.since = arrival;
  } else if (Math.abs(arrival - clock.since) > SPAN) {
    clock.before = clock.latest;
    clock.latest = start;
    clock.since = arrival;
  } else if (start < clock.latest) clock.latest = start;
  return at + Math.min(clock.latest, clock.before);
}
