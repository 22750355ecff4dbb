/** For how long an estimate counts, in ms: long enough to outlast a burst, short enough to follow clocks that drift. */
const SPAN = 60_000;

/** For how long the estimate of an earlier run counts once there is one of this run, in ms. */
const CONFIRMED = 5000;

/** A clock as it is stored. */
export type StoredClock = readonly [latest: number, before: number, since: number];

/**
 * When a board started, by the server's monotonic clock: boards have none. Each reading says how long after the start it was
 * taken (`at`) and how long before it was sent (`age`), so that arrival − age − at is the start plus the time on the way;
 * the smallest of the last one to two minutes in which the board was heard is the best estimate. A reading that waited
 * at a broker, or was sent again after a cut, so gets the time at which it was taken.
 */
export interface Clock {
  /** NaN when there was no reading yet. */
  latest: number;
  before: number;
  since: number;
}

/**
 * To be called with the first reading that did not wait anywhere, after `timeOf`, where an earlier run of the server has
 * stored the clock: the wall clock may have been set in between, and then the estimate from before is wrong. It counts for 5 s more, and
 * not for another minute: a first reading that was sent again says nothing sure yet.
 */
export function confirmClock(clock: Clock, arrival: number): void {
  if (clock.since === arrival) clock.since -= SPAN - CONFIRMED;
}

/** When a reading was taken, by the monotonic clock, never after it arrived. All in ms. */
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
