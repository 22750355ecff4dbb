/**
 * Encoding of readings in a chunk. A chunk contains the readings of one device in ten minutes: a sorted array of 32-bit
 * numbers without duplicates. In each number, the upper 20 bits are the ms since the start of the chunk, and the lower
 * 12 bits are the light in units of 0.25.
 */

/** Length of a chunk in ms. */
export const CHUNK_LENGTH = 600_000;
export const HOUR_LENGTH = 3_600_000;

/** Upper limit of stored times, in ms since 1970: the year 2248. Later times are not stored. */
export const MAX_STORED_TIME = 2 ** 43;

const QUARTERS_PER_LEVEL = 4;
const LIGHT_VALUE_COUNT = 4096;

/** Converts a light level, 0 to 1023, to an integer in units of 0.25, 0 to 4092. */
export const toQuarters = (light: number): number =>
  Math.round(Math.min(1023, Math.max(0, light)) * QUARTERS_PER_LEVEL);
/** Converts a stored integer in units of 0.25 to a light level, 0 to 1023. */
export const fromQuarters = (quarters: number): number => quarters / QUARTERS_PER_LEVEL;

/** Encodes a reading as a 32-bit number. */
export const packReading = (time: number, quarters: number): number =>
  (time % CHUNK_LENGTH) * LIGHT_VALUE_COUNT + quarters;
/** Returns the ms from the start of the chunk to an encoded reading. */
export const offsetOf = (packed: number): number => Math.floor(packed / LIGHT_VALUE_COUNT);
/** Returns the light of an encoded reading, in units of 0.25. */
export const quartersOf = (packed: number): number => packed % LIGHT_VALUE_COUNT;

/** Aggregates of the readings of a chunk or an hour. Light is in units of 0.25, times are in ms since 1970. */
export interface Summary {
  /** Time of the first reading. */
  first: number;
  min: number;
  max: number;
  /** Time of the last reading. */
  lastTime: number;
  /** Light of the last reading; the brightest if several readings have the same time. */
  last: number;
  count: number;
}

/** Merges stored and added encoded readings into a sorted array without duplicates. `stored` must already be sorted. */
export function mergeReadings(stored: Uint32Array, added: Uint32Array): Uint32Array {
  const fresh = added.toSorted();
  const merged = new Uint32Array(stored.length + fresh.length);
  let length = 0;
  for (let old = 0, next = 0; old < stored.length || next < fresh.length;) {
    const isOld = next === fresh.length || stored[old] <= fresh[next];
    const packed = isOld ? stored[old++] : fresh[next++];
    if (length === 0 || packed !== merged[length - 1]) merged[length++] = packed;
  }
  return merged.subarray(0, length);
}

/** Computes the summary of one or more encoded readings. @param start start of their chunk, in ms since 1970 */
export function summarize(start: number, readings: ArrayLike<number>): Summary {
  let [first, last, min, max] = [readings[0], readings[0], LIGHT_VALUE_COUNT, 0];
  for (let at = 0; at < readings.length; at++) {
    const packed = readings[at];
    const quarters = quartersOf(packed);
    if (packed < first) first = packed;
    if (packed > last) last = packed;
    if (quarters < min) min = quarters;
    if (quarters > max) max = quarters;
  }
  return {
    first: start + offsetOf(first),
    min,
    max,
    lastTime: start + offsetOf(last),
    last: quartersOf(last),
    count: readings.length,
  };
}

/** Combines the summaries of two sets of readings. */
export function mergeSummaries(a: Summary, b: Summary): Summary {
  const later = b.lastTime > a.lastTime || (b.lastTime === a.lastTime && b.last > a.last) ? b : a;
  return {
    first: Math.min(a.first, b.first),
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    lastTime: later.lastTime,
    last: later.last,
    count: a.count + b.count,
  };
}
