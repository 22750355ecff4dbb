/** Schedules when each virtual device samples its sensor or sends a reading. */
import type { Fleet } from "./fleet.js";

/** Timer interval of the scheduler, in ms. A short interval spreads the readings evenly. */
const TIMER_INTERVAL = 1;
/** Largest backlog of the scheduler, in ms. Readings beyond this limit are dropped and counted, not sent in a burst. */
const MAX_BACKLOG = 100;

/** A running schedule, which sends readings until it is stopped. */
export interface Schedule {
  /** Number of readings that were dropped because this program was too slow. */
  readonly dropped: number;
  stop(): void;
}

/** Starts a schedule like the firmware's: each device samples at its configured interval and reports when due. */
export function startPolicySchedule(fleet: Fleet): Schedule {
  const { devices, parameters } = fleet;
  const { count } = devices;
  let last = performance.now();
  let due = 0;
  let device = 0;
  let round = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    due = Math.min(count, due + (count * (now - last)) / parameters.shortestSample);
    last = now;
    for (; due >= 1; due--) {
      const { sample } = parameters.get(devices.parameters[device]);
      if (round % Math.max(1, Math.round(sample / parameters.shortestSample)) === 0) fleet.sampleSensor(device, now);
      if (++device < count) continue;
      device = 0;
      round++;
    }
  }, TIMER_INTERVAL);
  return { dropped: 0, stop: () => clearInterval(timer) };
}

/** Starts a schedule with a fixed total rate of readings per second, regardless of the answers (open loop). */
export function startFixedRateSchedule(fleet: Fleet, rate: number): Schedule {
  const { count } = fleet.devices;
  const stride = strideOf(count);
  const maxBacklog = Math.max(1, (rate * MAX_BACKLOG) / 1000);
  let last = performance.now();
  let due = 0;
  let device = 0;
  const schedule = { dropped: 0, stop: () => clearInterval(timer) };
  const timer = setInterval(() => {
    const now = performance.now();
    due += (rate * (now - last)) / 1000;
    last = now;
    if (due > maxBacklog) {
      schedule.dropped += Math.floor(due - maxBacklog);
      due -= Math.floor(due - maxBacklog);
    }
    for (; due >= 1; due--) {
      fleet.sendReading(device, now);
      device = (device + stride) % count;
    }
  }, TIMER_INTERVAL);
  return schedule;
}

/** Returns a stride of about 0.618 × `count` that is coprime to `count`, so that steps visit every device in mixed order. */
function strideOf(count: number): number {
  let stride = Math.max(1, Math.round(count * 0.618));
  while (greatestCommonDivisor(stride, count) !== 1) stride++;
  return stride;
}

/** Returns the greatest common divisor, by the Euclidean algorithm. */
function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
