/** When which device looks, or reports. */
import type { Fleet } from "./fleet.js";

/** Between two turns, in ms: what is due is spread as evenly as timers allow. */
const TURN = 1;
/** A fleet that is later than this, in ms, cannot keep up: it sends no burst, and says so. */
const MOST_BEHIND = 100;

export interface Pace {
  /** Readings that should have been sent, and were not, because this program was too slow. */
  readonly behind: number;
  stop(): void;
}

/** Every device looks as often as it is configured to, one after the other, and reports as the firmware does. */
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

/** So many readings a second in all, whether they are answered or not, of one device after the other in mixed order. */
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

/** A step that leads through all of `count` before it comes back: about the golden section, without a common factor. */
function strideOf(count: number): number {
  let stride = Math.max(1, Math.round(count * 0.618));
  while (commonFactor(stride, count) !== 1) stride++;
  return stride;
}

function commonFactor(a: number, b: number): number {
  return b === 0 ? a : commonFactor(b, a % b);
}
