/** A whole day of light with clouds, by seed: what benchmarks and fleets count messages on. */
import { clampLight, type LightSource } from "./light.js";
import { mix, randomFrom } from "./random.js";

/** Length of a day, in ms. */
export const DAY = 24 * 60 * 60 * 1000;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SUNRISE = 6 * HOUR;
const SUNSET = 19 * HOUR;
/** What the sensor sees at night, and how much more under a clear sky at noon: it is not to be at its end. */
const NIGHT = 8;
const NOON = 960;
/** How long the sun, and how long a cloud, is there on average, in ms. */
const CLEAR = 6 * MINUTE;
const CLOUDY = 4 * MINUTE;
/** How long light takes to change at a cloud's edge: least and most, in ms. */
const EDGE = [4000, 30_000] as const;
/** What of the light comes through a cloud: least and most. */
const THROUGH = [0.3, 0.85] as const;
/** A cloud is not of one thickness: by how much of what comes through it that varies, and how quickly, in ms. */
const UNEVEN = 0.06;
const WAVES = [23_000, 67_000] as const;
/** The converter's last digits: by how much a look at the same light differs, and how long one lasts, in ms. */
const NOISE = 1.2;
const LOOK = 100;

interface Cloud {
  /** ms since midnight, the middle of each edge. */
  readonly from: number;
  readonly to: number;
  readonly edge: number;
  readonly through: number;
}

export interface DayOptions {
  /** Decides the weather. */
  readonly seed?: number;
  /** How long the day takes, in ms; a real one unless told. A quicker one has the same light, quicker. */
  readonly period?: number;
  /** At which of its hours it begins, 0..24. */
  readonly hour?: number;
  /** Whether the converter is noisy; true unless told. */
  readonly noisy?: boolean;
}

/**
 * A day as a sensor behind a window has it: night, the sun's arc, some eighty clouds with edges of 4 to 30 s, and the
 * noise of a converter. After a day it begins again. Dusk (300) is at about 17:30.
 */
export function cloudyDay({ seed = 1, period = DAY, hour = 0, noisy = true }: DayOptions = {}): LightSource {
  const clouds = cloudsOf(seed);
  return (ms) => {
    const time = (ms * (DAY / period) + hour * HOUR) % DAY;
    const noise = noisy ? noiseOf((seed ^ Math.floor(ms / LOOK)) | 0) : 0;
    return clampLight(skyAt(time) * throughAt(clouds, time) + NIGHT + noise);
  };
}

/** The noise of one look at a sensor, -2.4 to 2.4. @param look any integer that names the look */
export function noiseOf(look: number): number {
  const chance = mix(look);
  // two uniform numbers together are about as good as a normal one
  return (((chance & 0xffff) + (chance >>> 16)) / 0xffff - 1) * 2 * NOISE;
}

/** The light under a clear sky, above that of the night. */
function skyAt(time: number): number {
  if (time <= SUNRISE || time >= SUNSET) return 0;
  return NOON * Math.sin((Math.PI * (time - SUNRISE)) / (SUNSET - SUNRISE)) ** 1.3;
}

function cloudsOf(seed: number): Cloud[] {
  const random = randomFrom(seed);
  const between = ([least, most]: readonly [number, number]): number => least + random() * (most - least);
  const lasting = (mean: number): number => -Math.log(1 - random()) * mean;
  const clouds: Cloud[] = [];
  for (let time = SUNRISE; time < SUNSET;) {
    const edge = between(EDGE);
    const from = time + edge + lasting(CLEAR);
    const to = from + edge + lasting(CLOUDY);
    clouds.push({ from, to, edge, through: between(THROUGH) });
    time = to;
  }
  return clouds;
}

function throughAt(clouds: readonly Cloud[], time: number): number {
  // the last cloud that has begun; they follow each other with at least an edge between them
  let low = 0;
  let high = clouds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (clouds[middle].from - clouds[middle].edge / 2 <= time) low = middle + 1;
    else high = middle;
  }
  const cloud = clouds[low - 1];
  if (!cloud) return 1;
  const { from, to, edge, through } = cloud;
  const share = smooth((time - from) / edge + 0.5) - smooth((time - to) / edge + 0.5);
  if (share <= 0) return 1;
  const wave = Math.sin((2 * Math.PI * time) / WAVES[0]) + Math.sin((2 * Math.PI * time) / WAVES[1] + from);
  return 1 - share * (1 - through * (1 + (UNEVEN * wave) / 2));
}

/** From 0 to 1, level at both ends. */
function smooth(x: number): number {
  if (x <= 0) return 0;
  return x >= 1 ? 1 : x * x * (3 - 2 * x);
}
