/**
 * Generates the light values of a day with clouds; the same seed gives the same day. Generated values replace a
 * recording, because no recording with a free license was available.
 */

/** Length of a day, in s. */
export const DAY_SECONDS = 24 * 60 * 60;
/** Interval between two light values, in s. */
export const STEP_SECONDS = 1;

/** Returns a seeded random generator (mulberry32) of uniform numbers in [0, 1). */
export function createSeededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Generates one light value per second for a day from midnight, 0 to 1023. The sun rises at 6:00 and sets at 20:00.
 * A Markov chain with dwell times of minutes starts and ends clouds. Each cloud dims the light gradually, within about
 * half a minute. The sensor's noise is about 2 steps of a 10-bit converter. At night, a street lamp gives the value 20.
 */
export function generateCloudyDay(seed: number): number[] {
  const next = createSeededRandom(seed);
  const drawNoise = (): number => (next() + next() + next() - 1.5) * 2;
  const light: number[] = [];
  let cover = 0;
  let wanted = 0;
  let until = 0;
  for (let second = 0; second < DAY_SECONDS; second += STEP_SECONDS) {
    if (second >= until) {
      // a clear sky lasts 10 minutes on average, a cloud 3 minutes
      const cloud = wanted === 0;
      wanted = cloud ? 0.15 + 0.6 * next() : 0;
      until = second - Math.log(1 - next()) * (cloud ? 180 : 600);
    }
    cover += (wanted - cover) * (STEP_SECONDS / 12);
    const hour = second / 3600;
    const height = Math.max(0, Math.sin((Math.PI * (hour - 6)) / 14));
    const sky = hour < 6 || hour > 20 ? 0 : 1000 * height ** 0.7;
    light.push(Math.round(Math.min(1023, Math.max(0, 20 + sky * (1 - cover) + drawNoise()))));
  }
  return light;
}

/** Formats light values as CSV for the simulator. */
export function formatCsv(light: readonly number[]): string {
  return ["time_s,light", ...light.map((value, n) => `${n * STEP_SECONDS},${value}`), ""].join("\n");
}
