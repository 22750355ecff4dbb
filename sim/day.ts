/** Generates a 24-hour light curve with random clouds from a seed. Benchmarks and simulated fleets use the curve as input. */
import { clampLight, type LightSource } from "./light.js";
import { hashInteger, createSeededRandom } from "./random.js";

/** Length of a day, in ms. */
export const DAY = 24 * 60 * 60 * 1000;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SUNRISE = 6 * HOUR;
const SUNSET = 19 * HOUR;
/** Sensor reading at night, without noise. */
const NIGHT_LIGHT = 8;
/** Light that a clear sky adds at noon to `NIGHT_LIGHT`. The sum stays below the maximum of 1023. */
const NOON_LIGHT = 960;
/** Mean duration of a clear period between two clouds, in ms. */
const MEAN_CLEAR_TIME = 6 * MINUTE;
/** Mean duration of a cloud, in ms. */
const MEAN_CLOUD_TIME = 4 * MINUTE;
/** Minimum and maximum time for the light to change at a cloud's edge, in ms. */
const EDGE_TIME_RANGE = [4000, 30_000] as const;
/** Minimum and maximum fraction of the light that passes through a cloud. */
const TRANSMISSION_RANGE = [0.3, 0.85] as const;
/** Relative variation of the light under one cloud. */
const WAVE_AMPLITUDE = 0.06;
/** Periods of the two sine waves that vary the light under a cloud, in ms. */
const WAVE_PERIODS = [23_000, 67_000] as const;
/** Half of the maximum noise of the analog-to-digital converter, in units of a light reading. */
const HALF_MAX_NOISE = 1.2;
/** Time between two noise values, in ms. */
const NOISE_INTERVAL = 100;

interface Cloud {
  /** Time at which half of the cloud's first edge has passed, in ms since midnight. */
  readonly from: number;
  /** Time at which half of the cloud's last edge has passed, in ms since midnight. */
  readonly to: number;
  /** How long the light takes to change at the beginning and at the end of a cloud, in ms. */
  readonly edge: number;
  readonly transmission: number;
}

export interface DayOptions {
  /** Seed of the random clouds and noise. */
  readonly seed?: number;
  /** Duration of the simulated day in ms; 24 hours by default. A shorter day replays the same curve faster. */
  readonly period?: number;
  /** Hour of the simulated day at which the curve starts, 0..24; 0 by default. */
  readonly hour?: number;
  /** Adds the noise of an analog-to-digital converter; true by default. */
  readonly noisy?: boolean;
}

/**
 * Returns the light of a cloudy day: night, the sun's arc, about eighty clouds with edges of 4 to 30 s, and sensor
 * noise. The curve repeats every day. Under a clear sky, the light falls below 300 at about 17:30.
 */
export function createCloudyDay({ seed = 1, period = DAY, hour = 0, noisy = true }: DayOptions = {}): LightSource {
  const clouds = generateClouds(seed);
  return (ms) => {
    const time = (ms * (DAY / period) + hour * HOUR) % DAY;
    const noise = noisy ? noiseOf((seed ^ Math.floor(ms / NOISE_INTERVAL)) | 0) : 0;
    return clampLight(clearSkyLightAt(time) * transmissionAt(clouds, time) + NIGHT_LIGHT + noise);
  };
}

/** Returns the noise of one sensor reading, -2.4 to 2.4. @param sample any integer that identifies the reading */
export function noiseOf(sample: number): number {
  const chance = hashInteger(sample);
  // the sum of two uniform numbers approximates a normal distribution
  return (((chance & 0xffff) + (chance >>> 16)) / 0xffff - 1) * 2 * HALF_MAX_NOISE;
}

/** Returns the light that a clear sky adds to the night's light. */
function clearSkyLightAt(time: number): number {
  if (time <= SUNRISE || time >= SUNSET) return 0;
  return NOON_LIGHT * Math.sin((Math.PI * (time - SUNRISE)) / (SUNSET - SUNRISE)) ** 1.3;
}

function generateClouds(seed: number): Cloud[] {
  const random = createSeededRandom(seed);
  const randomBetween = ([least, most]: readonly [number, number]): number => least + random() * (most - least);
  const randomDuration = (mean: number): number => -Math.log(1 - random()) * mean;
  const clouds: Cloud[] = [];
  for (let time = SUNRISE; time < SUNSET;) {
    const edge = randomBetween(EDGE_TIME_RANGE);
    const from = time + edge + randomDuration(MEAN_CLEAR_TIME);
    const to = from + edge + randomDuration(MEAN_CLOUD_TIME);
    clouds.push({ from, to, edge, transmission: randomBetween(TRANSMISSION_RANGE) });
    time = to;
  }
  return clouds;
}

function transmissionAt(clouds: readonly Cloud[], time: number): number {
  // binary search for the last cloud that has begun: clouds are sorted and do not overlap
  let low = 0;
  let high = clouds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (clouds[middle].from - clouds[middle].edge / 2 <= time) low = middle + 1;
    else high = middle;
  }
  const cloud = clouds[low - 1];
  if (!cloud) return 1;
  const { from, to, edge, transmission } = cloud;
  const share = smoothstep((time - from) / edge + 0.5) - smoothstep((time - to) / edge + 0.5);
  if (share <= 0) return 1;
  const wave =
    Math.sin((2 * Math.PI * time) / WAVE_PERIODS[0]) + Math.sin((2 * Math.PI * time) / WAVE_PERIODS[1] + from);
  return 1 - share * (1 - transmission * (1 + (WAVE_AMPLITUDE * wave) / 2));
}

/** Smoothstep: rises from 0 to 1 with zero slope at both ends. */
function smoothstep(x: number): number {
  if (x <= 0) return 0;
  return x >= 1 ? 1 : x * x * (3 - 2 * x);
}
