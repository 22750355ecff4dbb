/** Light sources for simulated boards: pure functions from time to light. */

/** Lowest light level, which means darkness. */
export const MIN_LIGHT = 0;
/** Highest light level, because light sensors have a resolution of 10 bits. */
export const MAX_LIGHT = 1023;

/** Function that returns the light, 0..1023. @param ms time since the board first started, in ms */
export type LightSource = (ms: number) => number;

/** Rounds to the nearest integer from 0 to 1023. */
export function clampLight(light: number): number {
  return Math.round(Math.min(MAX_LIGHT, Math.max(MIN_LIGHT, light)));
}

/** Returns a light source with a constant light level. @param light rounded and limited to 0..1023 */
export function createConstantLight(light: number): LightSource {
  const level = clampLight(light);
  return () => level;
}

const TWO_PI = 2 * Math.PI;
const MEAN_LIGHT = 520;
const LIGHT_AMPLITUDE = 480;
/** Start of the simulation, as a fraction of a day: a tenth of a day before the light falls below 300. */
const START_FRACTION = 0.226;
/** Clouds only reduce light above this value, so that a cloud never looks like dusk. */
const CLOUD_BASE_LIGHT = 600;

/**
 * Returns the light of a short day and night with clouds. Dusk (below 300) comes a tenth of a period after the start.
 * Dawn comes about 0.35 of a period after dusk. The light crosses 300 smoothly, once at dusk and once at dawn.
 * @param options.period length of a day in ms; 60,000 by default
 */
export function createShortDay({ period = 60_000 }: { period?: number } = {}): LightSource {
  return (ms) => {
    const days = ms / period;
    const sky = MEAN_LIGHT + LIGHT_AMPLITUDE * Math.cos(TWO_PI * (days + START_FRACTION));
    // add sine waves without a common period: the sum looks random but is the same in every run
    const wave = Math.sin(TWO_PI * days * 5.3) + Math.sin(TWO_PI * days * 8.7 + 1) + Math.sin(TWO_PI * days * 13.1 + 2);
    const cloud = Math.max(0, wave / 3);
    return clampLight(sky - Math.max(0, sky - CLOUD_BASE_LIGHT) * cloud);
  };
}
