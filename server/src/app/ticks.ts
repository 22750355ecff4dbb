import type { Devices } from "../devices/devices.js";
import type { Lamps } from "../outputs/lamps.js";
import type { Notifier } from "../outputs/notifier.js";
import { clock } from "../time/monotonic-clock.js";

/** The interval of the search for silent lesson devices and missing readings, in ms. */
const SWEEP_INTERVAL = 5000;
/** The interval for hours, overrides, shortest times and silent sensors, in ms. */
const TICK_INTERVAL = 1000;

export interface TickedParts {
  readonly devices: Devices;
  readonly lamps: Lamps;
  readonly notifier: Notifier;
}

/** Starts the timers for everything that depends on time alone. @returns stops them */
export function startTicks({ devices, lamps, notifier }: TickedParts): () => void {
  const sweep = setInterval(() => {
    for (const [device, change] of devices.sweep(clock.now())) notifier.changed(device, change);
  }, SWEEP_INTERVAL);
  const tick = setInterval(() => {
    clock.check();
    lamps.tick(clock.now());
  }, TICK_INTERVAL);
  return () => {
    clearInterval(sweep);
    clearInterval(tick);
  };
}
