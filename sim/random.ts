/** Chance that a seed decides: the same seed, the same course. */

/** Gives numbers from 0 up to, but not including, 1. Mulberry32: 32 bits of state, enough for weather. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return mix(state) / 4294967296;
  };
}

/** An integer from 0 to 2³² − 1 that depends on every bit of `n`: chance at a place, without a course that leads there. */
export function mix(n: number): number {
  let t = Math.imul(n ^ (n >>> 15), 1 | n);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return (t ^ (t >>> 14)) >>> 0;
}
