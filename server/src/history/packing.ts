/**
 * Readings as they are stored: those of one device and ten minutes in one sorted array of 32-bit numbers, the ms within
 * the ten minutes in the upper 20 bits, the light in quarters in the lower 12. So an array is a set of readings in the
 * order of their times, and adding the same reading again changes nothing.
 */

/** The length of a chunk in ms. */
export const CHUNK = 600_000;
export const HOUR = 3_600_000;

/** Times are from 0 to before this, the year 2248, in ms since 1970. */
export const END_OF_TIME = 2 ** 43;

const QUARTERS = 4;
const LIGHT_VALUES = 4096;

/** Light as it is stored: to a quarter, from 0 to 1023. */
export const quartersOf = (light: number): number => Math.round(Math.min(1023, Math.max(0, light)) * QUARTERS);
export const lightOf = (quarters: number): number => quarters / QUARTERS;

export const pack = (time: number, quarters: number): number => (time % CHUNK) * LIGHT_VALUES + quarters;
/** The ms since the chunk began. */
export const offsetOf = (packed: number): number => Math.floor(packed / LIGHT_VALUES);
export const quartersIn = (packed: number): number => packed % LIGHT_VALUES;

/** The readings of a stretch of time; light in quarters. */
export interface Summary {
  /** The time of the first. */
  first: number;
  min: number;
  max: number;
  /** The time and the light of the last. */
  lastTime: number;
  last: number;
  count: number;
}

/** What is in either, each once. `stored` is in order and has nothing twice; neither changes. */
export function union(stored: Uint32Array, added: Uint32Array): Uint32Array {
  const fresh = added.toSorted();
  const all = new Uint32Array(stored.length + fresh.length);
  let kept = 0;
  for (let old = 0, next = 0; old < stored.length || next < fresh.length;) {
    const isOld = next === fresh.length || stored[old] <= fresh[next];
    const packed = isOld ? stored[old++] : fresh[next++];
    if (kept === 0 || packed !== all[kept - 1]) all[kept++] = packed;
  }
  return all.subarray(0, kept);
}

/** The summary of readings, at least one, in the chunk that begins at `start`. */
export function summaryOf(start: number, readings: ArrayLike<number>): Summary {
  let [first, last, min, max] = [readings[0], readings[0], LIGHT_VALUES, 0];
  for (let at = 0; at < readings.length; at++) {
    const packed = readings[at];
    const quarters = quartersIn(packed);
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
    last: quartersIn(last),
    count: readings.length,
  };
}

/** The summary of two stretches together, in either order. */
export function together(a: Summary, b: Summary): Summary {
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
