import { toDeviceView } from "./describe-device.js";
import type { Device, Devices, DeviceView } from "./devices.js";
import type { Mode } from "./override.js";
import type { Point, RecentReadings } from "../history/recent.js";

/** The devices as seen by library users and plug-ins. */
export interface DeviceDirectory {
  readonly size: number;
  get(id: string): DeviceView | undefined;
  /** Returns all devices, sorted by id. */
  list(): DeviceView[];
  /** Returns the latest readings of a device, oldest first. */
  recent(id: string): readonly Point[];
  /**
   * Sets a person's override of a lamp; `auto` ends the override.
   * @param duration length of the override in ms; by default the override lasts until somebody changes it
   * @throws RangeError if no device has this id
   */
  setMode(id: string, mode: Mode, duration?: number): void;
}

export function directoryOf(
  devices: Devices,
  recent: RecentReadings,
  setMode: (device: Device, mode: Mode, duration?: number) => Promise<void>,
): DeviceDirectory {
  return {
    get size() {
      return devices.size;
    },
    get(id) {
      const device = devices.get(id);
      return device && toDeviceView(device);
    },
    list: () => devices.list(),
    recent: (id) => recent.pointsForApi(id),
    setMode(id, mode, duration) {
      const device = devices.get(id);
      if (!device) throw new RangeError(`no device "${id}" is known`);
      void setMode(device, mode, duration);
    },
  };
}
