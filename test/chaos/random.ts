/** Chance that a seed decides: the same seed, the same course. */
export interface Random {
  /** A number from 0 up to, but not including, 1. */
  next(): number;
  /** An integer from `least` to `most`, both included. */
  int(least: number, most: number): number;
  pick<T>(from: readonly T[]): T;
  /** A copy in another order. */
  shuffled<T>(from: readonly T[]): T[];
  /** So many bytes. */
  bytes(count: number): Buffer;
  /** Chance of its own for one part, so that what the others draw does not disturb it. */
  fork(): Random;
}

/** Mulberry32: 32 bits of state, enough for a schedule. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));

  return {
    next,
    int,
    pick: (from) => from[int(0, from.length - 1)],
    shuffled(from) {
      const copy = [...from];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = int(0, i);
        [copy[i], copy[j]] = [copy[j], copy[i]];
      }
      return copy;
    },
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => int(0, 255))),
    fork: () => randomFrom(int(-0x80000000, 0x7fffffff)),
  };
}
