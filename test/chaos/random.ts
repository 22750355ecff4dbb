/** A seeded random generator: the same seed gives the same sequence. */
export interface Random {
  /** Returns a number in [0, 1). */
  next(): number;
  /** Returns an integer from `least` to `most`, inclusive. */
  drawInteger(least: number, most: number): number;
  pick<T>(from: readonly T[]): T;
  /** Returns a shuffled copy. */
  shuffle<T>(from: readonly T[]): T[];
  /** Returns `count` random bytes. */
  drawBytes(count: number): Buffer;
  /** Creates an independent generator, whose sequence does not depend on later draws from this one. */
  fork(): Random;
}

/** Creates a Mulberry32 generator. Its 32 bits of state are enough for a fault schedule. */
export function createRandom(seed: number): Random {
  let state = seed | 0;

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  const drawInteger = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));

  return {
    next,
    drawInteger,
    pick: (from) => from[drawInteger(0, from.length - 1)],
    shuffle(from) {
      const copy = [...from];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = drawInteger(0, i);
        [copy[i], copy[j]] = [copy[j], copy[i]];
      }
      return copy;
    },
    drawBytes: (count) => Buffer.from(Array.from({ length: count }, () => drawInteger(0, 255))),
    fork: () => createRandom(drawInteger(-0x80000000, 0x7fffffff)),
  };
}
