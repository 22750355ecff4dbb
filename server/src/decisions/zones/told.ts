import { Throttle } from "../../common/throttle.js";
import type { Log } from "../../observability/log.js";
import type { Zone } from "./zone.js";
import { Zones, type ZonesOptions } from "./zones.js";

/** A zone is shown anew this often at most, in ms. */
const SHOW_EVERY = 250;

export interface ToldZonesOptions extends Pick<ZonesOptions, "find" | "owns" | "ended"> {
  readonly log: Log;
  /** The lamps of a zone are to be others. */
  switched(zone: Zone): void;
  /** A zone is to be shown. */
  show(zone: Zone): void;
}

/** Zones of which the log and those who look on are told; `shown` is what waits to be shown. */
export function toldZones({ log, switched, show, ...options }: ToldZonesOptions): {
  zones: Zones;
  shown: Throttle<Zone>;
} {
  const shown = new Throttle<Zone>(SHOW_EVERY, show);
  const zones = new Zones({
    ...options,
    changed(zone, isSwitched) {
      if (isSwitched) {
        const { name } = zone.policy;
        log.info("zone", `Zone ${name} is now ${zone.lamp?.led_on ? "on" : "off"}: ${zone.reason}`, { zone: name });
        switched(zone);
      }
      shown.add(zone);
    },
    ended(zone) {
      const { policy, override } = zone;
      log.info("zone", `Zone ${policy.name} is on automatic again`, { zone: policy.name, mode: override.mode });
      options.ended(zone);
    },
  });
  return { zones, shown };
}
