/** Schedules when each virtual device samples its sensor or sends a reading. */
import type { Fleet } from "./fleet.js";

/** Timer interval of the scheduler, in ms. A short interval spreads the readings evenly. */
const TURN = 1;
/** Largest backlog of the scheduler, in ms. Readings beyond this limit are dropped and counted, not sent in a burst. */
const MOST_BEHIND = 100;

/** A running schedule. */
export interface Pace {
  /** Number of readings that were dropped because this program was too slow. */
  readonly behind: number;
  stop(): void;
}

/** Starts a schedule like the firmware's: each device samples at its configured interval and reports when due. */
export function byPolicy(fleet: Fleet): Pace {
  const { devices, parameters } = fleet;
  const { count } = devices;
  let last = performance.now();
  let due = 0;
  let device = 0;
  let round = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    due = Math.min(count, due + (count * (now - last)) / parameters.sample);
    last = now;
    for (; due >= 1; due--) {
      const { sample } = parameters.get(devices.parameters[device]);
      if (round % Math.max(1, Math.round(sample / parameters.sample)) === 0) fleet.look(device, now);
      if (++device < count) continue;
      device = 0;
      round++;
    }
  }, TURN);
  return { behind: 0, stop: () => clearInterval(timer) };
}

/** Starts a schedule with a fixed total rate of readings per second, regardless of the answers (open loop). */
export function atRate(fleet: Fleet, rate: number): Pace {
  const { count } = fleet.devices;
  const stride = strideOf(count);
  const most = Math.max(1, (rate * MOST_BEHIND) / 1000);
  let last = performance.now();
  let due = 0;
  let device = 0;
  const pace = { behind: 0, stop: () => clearInterval(timer) };
  const timer = setInterval(() => {
    const now = performance.now();
    due += (rate * (now - last)) / 1000;
    last = now;
    if (due > most) {
      pace.behind += Math.floor(due - most);
      due -= Math.floor(due - most);
    }
    for (; due >= 1; due--) {
      fleet.report(device, now);
      device = (device + stride) % count;
    }
  }, TURN);
  return pace;
}

/** Returns a stride that visits all devices in mixed order: coprime to `count`, near its golden section. */
function strideOf(count: number): number {
  let stride = Math.max(1, Math.round(count * 0.618));
  while (commonFactor(stride, count) !== 1) stride++;
  return stride;
}

/** Returns the greatest common divisor (Euclid). */
function commonFactor(a: number, b: number): number {
  return b === 0 ? a : commonFactor(b, a % b);
}
