import type { Device, Devices, DeviceView } from "./devices.js";
import type { Mode } from "./override.js";
import type { Point, Recent } from "../history/recent.js";

/** The devices, as users of the library and plug-ins see them. */
export interface DeviceDirectory {
  readonly size: number;
  get(id: string): DeviceView | undefined;
  /** All of them, sorted by id. */
  list(): DeviceView[];
  /** The latest readings of a device, oldest first by the time at which they were taken. */
  recent(id: string): readonly Point[];
  /**
   * A person's override; `auto` ends it.
   * @param duration for how long, in ms; until it is changed unless given
   * @throws RangeError when there is no such device.
   */
  setMode(id: string, mode: Mode, duration?: number): void;
}

export function directoryOf(
  devices: Devices,
  recent: Recent,
  setMode: (device: Device, mode: Mode, duration?: number) => Promise<void>,
): DeviceDirectory {
  return {
    get size() {
      return devices.size;
    },
    get: (id) => devices.get(id)?.view(),
    list: () => devices.list(),
    recent: (id) => recent.shown(id),
    setMode(id, mode, duration) {
      const device = devices.get(id);
      if (!device) throw new RangeError(`no device "${id}" is known`);
      void setMode(device, mode, duration);
    },
  };
}
