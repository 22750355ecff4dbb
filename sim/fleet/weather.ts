/** The light of very many devices: cheap to ask, since each is looked at four times a second. */
import { cloudyDay, DAY, noiseOf } from "../day.js";
import { MAX_LIGHT } from "../light.js";
import { mix } from "../random.js";

/** So many different skies; devices below the same one see its clouds at other times. */
const SKIES = 16;
/** A sky is remembered at this resolution, in ms; clouds' edges take at least four times as long. */
const STEP = 1000;
const STEPS = DAY / STEP;
/** By how much the clouds of a sky come earlier or later for one device than for another, in ms. */
const SPREAD = 20 * 60_000;
/** How much of the light a sensor gets, where it hangs: least and most. */
const EXPOSURE = [0.7, 1.05] as const;

export interface Weather {
  /** The light at a device, 0..1023. @param ms since the fleet's day began */
  light(device: number, ms: number): number;
}

/**
 * Each device has a day of its own: one of a few skies, its clouds at other times, and a share of the light.
 * @param period how long a day takes, in ms
 * @param hour at which of its hours it begins, 0..24
 */
export function createWeather(seed: number, period: number, hour: number): Weather {
  const skies = Array.from({ length: SKIES }, (_, n) => {
    const sky = cloudyDay({ seed: mix(seed + n) | 0, noisy: false });
    // one more than there are, so that there is a next one behind the last
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
