/** Simulates the light at many devices at low cost, because each sensor is sampled four times a second. */
import { cloudyDay, DAY, noiseOf } from "../day.js";
import { MAX_LIGHT } from "../light.js";
import { mix } from "../random.js";

/** Number of precomputed cloudy days. Devices that share a day see its clouds at different times. */
const SKIES = 16;
/** Time between two stored light values, in ms. The edge of a cloud takes at least four times as long. */
const STEP = 1000;
const STEPS = DAY / STEP;
/** Largest time shift of the clouds between two devices with the same precomputed day, in ms. */
const SPREAD = 20 * 60_000;
/** Minimum and maximum fraction of the daylight that reaches a sensor, depending on its place. */
const EXPOSURE = [0.7, 1.05] as const;

/** The light at each device over time. */
export interface Weather {
  /**
   * Returns the light at a device, 0..1023.
   * @param ms time since the start of the fleet, in ms
   */
  light(device: number, ms: number): number;
}

/**
 * Creates the weather of a fleet. Devices differ in their precomputed day, time shift and fraction of the light.
 * @param seed random seed
 * @param period length of a simulated day, in ms
 * @param hour hour of the day at the start, 0..24
 */
export function createWeather(seed: number, period: number, hour: number): Weather {
  const skies = Array.from({ length: SKIES }, (_, n) => {
    const sky = cloudyDay({ seed: mix(seed + n) | 0, noisy: false });
    // one extra value, so that interpolation has a right neighbor at the end of the day
    return Uint16Array.from({ length: STEPS + 1 }, (_, step) => sky((step % STEPS) * STEP));
  });
  const begin = hour * 60 * 60_000;
  return {
    light(device, ms) {
      const chance = mix(seed ^ Math.imul(device + 1, 0x9e3779b1));
      const time = begin + ms * (DAY / period) + (chance >>> 16) * (SPREAD / 0xffff);
      const step = (time % DAY) / STEP;
      const at = Math.floor(step);
      const sky = skies[chance % SKIES];
      const light = sky[at] + (sky[at + 1] - sky[at]) * (step - at);
      const share = EXPOSURE[0] + (EXPOSURE[1] - EXPOSURE[0]) * (((chance >>> 4) & 0xfff) / 0xfff);
      const seen = Math.round(light * share + noiseOf(chance ^ Math.floor(ms)));
      return seen < 0 ? 0 : seen > MAX_LIGHT ? MAX_LIGHT : seen;
    },
  };
}
