import type { Devices } from "../devices/devices.js";
import type { Lamps } from "../outputs/lamps.js";
import type { Notifier } from "../outputs/notifier.js";
import { clock } from "../time/monotonic-clock.js";

/** Interval at which the server looks for devices that have stopped sending and for missing readings, in ms. */
const SWEEP_INTERVAL = 5000;
/**
 * Interval at which the server checks whether lamps must switch, in ms. The reasons for a switch are the hours of
 * zones, the ends of overrides, minimum times and silent sensors.
 */
const TICK_INTERVAL = 1000;

export interface TimerDependents {
  readonly devices: Devices;
  readonly lamps: Lamps;
  readonly notifier: Notifier;
}

/**
 * Starts the timers for changes that no message triggers, such as the end of an override.
 * @returns a function that stops the timers
 */
export function startTimers({ devices, lamps, notifier }: TimerDependents): () => void {
  const sweep = setInterval(() => {
    for (const [device, change] of devices.sweep(clock.now())) notifier.deviceChanged(device, change);
  }, SWEEP_INTERVAL);
  const tick = setInterval(() => {
    clock.detectJumps();
    lamps.tick(clock.now());
  }, TICK_INTERVAL);
  return () => {
    clearInterval(sweep);
    clearInterval(tick);
  };
}
