import { CHUNK, HOUR } from "./packing.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * HOUR;

/**
 * The lengths that buckets have, in ms. From ten minutes on each is a whole number of chunks, from an hour on of hours:
 * so a chunk, or an hour, lies in one bucket. The longest is longer than all the time there is.
 */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5].map((n) => n * MINUTE),
  ...[1, 2, 3].map((n) => n * CHUNK),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 10, 100, 1000, 10_000, 100_000].flatMap((n) => [n * DAY, 2 * n * DAY, 5 * n * DAY]),
];

/** How many buckets of this length a range touches: buckets begin at whole multiples of it since 1970, in UTC. */
const bucketsIn = (from: number, to: number, step: number): number =>
  Math.floor((to - 1) / step) - Math.floor(from / step) + 1;

/** The shortest of the lengths with which a range before the end of time has at most so many buckets. */
export function stepFor(from: number, to: number, buckets: number): number {
  return STEPS.find((step) => bucketsIn(from, to, step) <= buckets)!;
}
