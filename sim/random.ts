/** Seeded pseudorandom numbers: the same seed produces the same sequence. */

/** Returns a Mulberry32 generator of numbers from 0 (included) to 1 (excluded), with 32 bits of state. */
export function createSeededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return hashInteger(state) / 4294967296;
  };
}

/** Hashes an integer to a pseudorandom integer from 0 to 2³² − 1, without generator state. */
export function hashInteger(n: number): number {
  let t = Math.imul(n ^ (n >>> 15), 1 | n);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return (t ^ (t >>> 14)) >>> 0;
}
