import type { Decisions } from "../decisions/decisions.js";
import type { Devices } from "../devices/devices.js";
import { clock } from "../time/monotonic-clock.js";
import type { Zones } from "../decisions/zones/zones.js";

/** Between two looks for lesson devices that fell silent, in ms. */
const SWEEP_EVERY = 5000;
/** Between two looks at what depends on the time: hours, overrides, shortest times, silent sensors; in ms. */
const TICK_EVERY = 1000;

/** Lets time go on for everything that depends on it. @returns ends that */
export function startTicks(devices: Devices, zones: Zones, decisions: Decisions): () => void {
  const sweep = setInterval(() => devices.sweep(clock.now()), SWEEP_EVERY);
  const tick = setInterval(() => {
    clock.check();
    const now = clock.now();
    zones.tick(now);
    decisions.tick(now);
  }, TICK_EVERY);
  return () => {
    clearInterval(sweep);
    clearInterval(tick);
  };
}
