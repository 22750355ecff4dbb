/** Where a simulated board's light comes from: pure functions of time. */

/** The darkest and the brightest light, on the lesson's 10-bit scale. */
export const MIN_LIGHT = 0;
export const MAX_LIGHT = 1023;

/** Light at a time: ms since the board was first started, to 0..1023. */
export type LightSource = (ms: number) => number;

/** The nearest integer from 0 to 1023. */
export function clampLight(light: number): number {
  return Math.round(Math.min(MAX_LIGHT, Math.max(MIN_LIGHT, light)));
}

/** The same light, always. */
export function constant(light: number): LightSource {
  const held = clampLight(light);
  return () => held;
}

const TURN = 2 * Math.PI;
const MEAN = 520;
const SWING = 480;
/** Late afternoon, so that dusk (300) is a tenth of a period away. */
const START = 0.226;
/** Clouds take light above this only: they never make dusk. */
const CLOUD_BASE = 600;

/**
 * A short day and night with clouds. Dusk (below 300) comes a tenth of a period after the start, dawn about 0.35 of a
 * period later; each is crossed once a day, smoothly.
 * @param options.period length of a day in ms; 60,000 unless told
 */
export function day({ period = 60_000 }: { period?: number } = {}): LightSource {
  return (ms) => {
    const days = ms / period;
    const sky = MEAN + SWING * Math.cos(TURN * (days + START));
    // waves without a common period look like weather, and are the same at every run
    const wave = Math.sin(TURN * days * 5.3) + Math.sin(TURN * days * 8.7 + 1) + Math.sin(TURN * days * 13.1 + 2);
    const cloud = Math.max(0, wave / 3);
    return clampLight(sky - Math.max(0, sky - CLOUD_BASE) * cloud);
  };
}
