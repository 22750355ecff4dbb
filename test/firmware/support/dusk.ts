/** Model of a noisy dusk, to count how often a lamp switches while the light falls through the threshold. */
import { decide, LESSON_RULE, type Lamp } from "../../../contract/index.js";
import { hashInteger } from "../../../sim/random.js";

/** Decrease of the light per minute at the threshold on a clear evening, on the scale from 0 to 1023 (sim/day.ts). */
const LIGHT_SLOPE = 3.7;
/**
 * Light at the start and at the end of the model. Both differ from the threshold of 300 by much more than the noise.
 */
const [FROM, TO] = [330, 270];
/** Time between two samples that a sensor streams, in ms. */
const SAMPLE_INTERVAL = 100;
/** Time between two readings of the board, in ms. */
const READING_INTERVAL = 250;

export interface DuskModel {
  /** Largest deviation of a sample from the true light. Samples deviate by the sum of two uniform random numbers. */
  readonly noise: number;
  readonly hysteresis: number;
  /** Whether a reading is the mean of its samples, or only the newest one. */
  readonly averaged: boolean;
  readonly seed: number;
}

/** Returns the largest number of switches in any minute of the dusk. */
export function countSwitchesInWorstMinute({ noise, hysteresis, averaged, seed }: DuskModel): number {
  const rule = { ...LESSON_RULE, hysteresis };
  const end = ((FROM - TO) / LIGHT_SLOPE) * 60_000;
  const switches: number[] = [];
  let lamp: Lamp | undefined;
  let samples: number[] = [];
  for (let at = 0, next = READING_INTERVAL; at < end; at += SAMPLE_INTERVAL) {
    const random = hashInteger((seed * 1_000_003 + at) | 0);
    const deviation = (((random & 0xffff) + (random >>> 16)) / 0xffff - 1) * noise;
    samples.push(FROM - (LIGHT_SLOPE * at) / 60_000 + deviation);
    if (at < next) continue;
    next += READING_INTERVAL;
    const sum = samples.reduce((total, sample) => total + sample, 0);
    const light = Math.round(averaged ? sum / samples.length : samples.at(-1)!);
    samples = [];
    const decided = decide(rule, lamp, light, at);
    if (lamp && decided.led_on !== lamp.led_on) switches.push(at);
    lamp = decided;
  }
  return Math.max(0, ...switches.map((from) => switches.filter((at) => at >= from && at < from + 60_000).length));
}

/** Returns the mean of `countSwitchesInWorstMinute` over many evenings. */
export function averageSwitchesInWorstMinute(dusk: Omit<DuskModel, "seed">, evenings = 50): number {
  let sum = 0;
  for (let seed = 0; seed < evenings; seed++) sum += countSwitchesInWorstMinute({ ...dusk, seed });
  return sum / evenings;
}
