import { CHUNK_LENGTH, HOUR_LENGTH } from "./packing.js";

const SECOND_LENGTH = 1000;
const MINUTE_LENGTH = 60 * SECOND_LENGTH;
const DAY_LENGTH = 24 * HOUR_LENGTH;

/**
 * Possible lengths of a bucket, in ms. From ten minutes on, they are multiples of a chunk, and from an hour on,
 * multiples of an hour, so that each chunk or hour lies within one bucket. One bucket of the longest length covers all
 * valid times.
 */
const BUCKET_LENGTHS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND_LENGTH),
  ...[1, 2, 5].map((n) => n * MINUTE_LENGTH),
  ...[1, 2, 3].map((n) => n * CHUNK_LENGTH),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_LENGTH),
  ...[1, 10, 100, 1000, 10_000, 100_000].flatMap((n) => [n * DAY_LENGTH, 2 * n * DAY_LENGTH, 5 * n * DAY_LENGTH]),
];

/** Counts the buckets that a range touches. Buckets start at multiples of their length since 1970 (UTC). */
const countBuckets = (from: number, to: number, length: number): number =>
  Math.floor((to - 1) / length) - Math.floor(from / length) + 1;

/** Returns the shortest bucket length, in ms, that splits the range into at most `maxBuckets` buckets. */
export function bucketLengthFor(from: number, to: number, maxBuckets: number): number {
  return BUCKET_LENGTHS.find((length) => countBuckets(from, to, length) <= maxBuckets)!;
}
