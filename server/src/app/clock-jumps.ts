import type { Announcer } from "../outputs/decision-publisher.js";
import type { DataFolder } from "../storage/data-folder.js";
import type { Devices } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import { clock } from "../time/monotonic-clock.js";
import type { Zones } from "../decisions/zones/zones.js";

/** What depends on the wall clock, because people read it or the next run does. */
export interface WallClockDependents {
  readonly log: Log;
  readonly devices: Devices;
  readonly zones: Zones;
  readonly announcer: Announcer;
  readonly data: Pick<DataFolder, "setOverride" | "setZoneOverride">;
  /** Resolves when `storing` is settled; says so when it failed. */
  stored(id: string, what: string, storing: Promise<void>): Promise<void>;
}

/** Says so when the machine's wall clock is set, and corrects the dates that were given out before. @returns ends that */
export function watchWallClock({ log, devices, zones, announcer, data, stored }: WallClockDependents): () => void {
  return clock.onJump((jump) => {
    const direction = jump > 0 ? "forward" : "back";
    log.warn(
      "clock",
      `The machine's clock was set ${direction} by ${lengthOf(Math.abs(jump))}. Overrides and silences last as long as ` +
        `they were to; the history has earlier readings under the time that the clock had then.`,
      { jump },
    );
    for (const device of devices) {
      if (device.override.until === undefined) continue;
      announcer.untilMoved(device);
      void stored(device.id, "override", data.setOverride(device.id, device.override));
    }
    for (const { policy, override } of zones)
      if (override.until !== undefined)
        void stored(`zone ${policy.name}`, "override", data.setZoneOverride(policy.name, override));
  });
}

const UNITS = [
  [86_400_000, "days"],
  [3_600_000, "hours"],
  [60_000, "minutes"],
] as const;

/** A length of time for people: "3600 s" as "60 minutes", say. @param ms not negative */
function lengthOf(ms: number): string {
  for (const [unit, name] of UNITS) if (ms >= 2 * unit) return `${Math.round(ms / unit)} ${name}`;
  return `${Math.round(ms / 1000)} s`;
}
