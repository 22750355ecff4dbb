import type { Mode } from "../../devices/override.js";
import type { ZoneView } from "./view.js";
import { clock } from "../../time/monotonic-clock.js";
import type { Zone } from "./zone.js";
import type { Zones } from "./zones.js";

/** The zones as seen by the API, library users and plug-ins. */
export interface ZoneDirectory {
  /** Lists the zones in the order of the configuration. */
  list(): ZoneView[];
  get(name: string): ZoneView | undefined;
  /**
   * Sets a person's override of a zone; `auto` ends the override. Resolves when the override is stored.
   * @param duration length of the override in ms; by default the override lasts until somebody changes it
   * @throws RangeError if no zone has this name
   */
  setMode(name: string, mode: Mode, duration?: number): Promise<void>;
}

export function zoneDirectoryOf(
  zones: Zones,
  setMode: (zone: Zone, mode: Mode, duration?: number) => Promise<void>,
): ZoneDirectory {
  return {
    list: () => Array.from(zones, (zone) => zone.toView(clock.now())),
    get: (name) => zones.get(name)?.toView(clock.now()),
    async setMode(name, mode, duration) {
      const zone = zones.get(name);
      if (!zone) throw new RangeError(`no zone "${name}" is configured`);
      await setMode(zone, mode, duration);
    },
  };
}
