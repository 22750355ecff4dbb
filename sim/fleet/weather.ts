/** Simulates the light at many devices. Precomputes the light to save CPU time, because devices sample it often. */
import { createCloudyDay, DAY, noiseOf } from "../day.js";
import { MAX_LIGHT } from "../light.js";
import { hashInteger } from "../random.js";

/** Number of precomputed cloudy days. Several devices share each day, with its clouds at different times. */
const SKY_COUNT = 16;
/** Time between two stored light values, in ms. It is shorter than the edge of a cloud, which takes at least 4 s. */
const STEP_TIME = 1000;
const STEP_COUNT = DAY / STEP_TIME;
/** Largest time shift of the clouds between two devices with the same precomputed day, in ms. */
const MAX_TIME_SHIFT = 20 * 60_000;
/** Minimum and maximum fraction of the daylight that reaches a sensor, depending on its place. */
const EXPOSURE_RANGE = [0.7, 1.05] as const;

/** The light at each device over time. */
export interface Weather {
  /**
   * Returns the light at a device, 0..1023.
   * @param ms time since the start of the fleet, in ms
   */
  lightAt(device: number, ms: number): number;
}

/**
 * Creates the weather of a fleet. Devices differ in their precomputed day, time shift and fraction of the light.
 * @param seed random seed
 * @param period length of a simulated day, in ms
 * @param hour hour of the day at the start, 0..24
 */
export function createWeather(seed: number, period: number, hour: number): Weather {
  const skies = Array.from({ length: SKY_COUNT }, (_, n) => {
    const sky = createCloudyDay({ seed: hashInteger(seed + n) | 0, noisy: false });
    // store one extra value, because interpolation at the end of the day needs a following value
    return Uint16Array.from({ length: STEP_COUNT + 1 }, (_, step) => sky((step % STEP_COUNT) * STEP_TIME));
  });
  const begin = hour * 60 * 60_000;
  return {
    lightAt(device, ms) {
      const hash = hashInteger(seed ^ Math.imul(device + 1, 0x9e3779b1));
      const time = begin + ms * (DAY / period) + (hash >>> 16) * (MAX_TIME_SHIFT / 0xffff);
      const step = (time % DAY) / STEP_TIME;
      const index = Math.floor(step);
      const sky = skies[hash % SKY_COUNT];
      const light = sky[index] + (sky[index + 1] - sky[index]) * (step - index);
      const exposure = EXPOSURE_RANGE[0] + (EXPOSURE_RANGE[1] - EXPOSURE_RANGE[0]) * (((hash >>> 4) & 0xfff) / 0xfff);
      const reading = Math.round(light * exposure + noiseOf(hash ^ Math.floor(ms)));
      return reading < 0 ? 0 : reading > MAX_LIGHT ? MAX_LIGHT : reading;
    },
  };
}
