import type { Zones } from "../decisions/zones/zones.js";
import type { Devices } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import type { DecisionPublisher } from "../outputs/decision-publisher.js";
import type { DeviceMemory } from "../outputs/device-memory.js";
import type { StorageFailureLog } from "../outputs/storage-failures.js";
import { clock } from "../time/monotonic-clock.js";

/**
 * The parts of a server that use wall-clock times. `watchWallClock` corrects these times after somebody sets the clock.
 */
export interface WallClockDependents {
  readonly log: Log;
  readonly devices: Devices;
  readonly zones: Zones;
  readonly decisionPublisher: DecisionPublisher;
  readonly memory: Pick<DeviceMemory, "setOverride" | "setZoneOverride">;
  readonly failures: StorageFailureLog;
}

/**
 * Watches for changes of the wall clock. After a change, logs a warning, and publishes and stores the end times of all
 * overrides again.
 * @returns a function that stops watching
 */
export function watchWallClock(dependents: WallClockDependents): () => void {
  const { log, devices, zones, decisionPublisher, memory, failures } = dependents;
  return clock.onJump((jump) => {
    const direction = jump > 0 ? "forward" : "back";
    log.warn(
      "clock",
      `The machine's clock was set ${direction} by ${formatRoundedDuration(Math.abs(jump))}. Overrides and silences last as long as ` +
        `they were to; the history has earlier readings under the time that the clock had then.`,
      { jump },
    );
    for (const device of devices) {
      if (device.override.until === undefined) continue;
      decisionPublisher.endTimeChanged(device);
      void failures.logIfRejected(device.id, "override", memory.setOverride(device.id, device.override));
    }
    for (const { policy, override } of zones)
      if (override.until !== undefined)
        void failures.logIfRejected(`zone ${policy.name}`, "override", memory.setZoneOverride(policy.name, override));
  });
}

const TIME_UNITS = [
  [86_400_000, "days"],
  [3_600_000, "hours"],
  [60_000, "minutes"],
] as const;

/** Formats a length of time for people, for example "60 minutes". @param ms not negative */
function formatRoundedDuration(ms: number): string {
  for (const [unit, name] of TIME_UNITS) if (ms >= 2 * unit) return `${Math.round(ms / unit)} ${name}`;
  return `${Math.round(ms / 1000)} s`;
}
