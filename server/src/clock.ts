/** For how long an estimate counts, in ms: long enough to outlast a burst, short enough to follow clocks that drift. */
const SPAN = 60_000;

/** A clock as it is stored. */
export type StoredClock = readonly [latest: number, before: number, since: number];

/**
 * When a board started, by the server's clock: boards have none. Each reading says how long after the start it was
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

/** When a reading was taken, in ms since 1970, never after it arrived. All in ms. */
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
