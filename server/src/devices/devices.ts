import { toDeviceView } from "./describe-device.js";
import { Device } from "./device.js";
import { DeviceTables } from "./device-numbers.js";
import type { DeviceSettings } from "./device-state.js";
import type { DeviceView } from "./device-view.js";

export { Device } from "./device.js";
export type { DeviceSettings, DeviceSnapshot, LampZone } from "./device-state.js";
export type { DeviceView } from "./device-view.js";
export type { Mode } from "./override.js";

/** A kind of change to a device, such as going offline or a switched lamp. */
export type DeviceChange =
  "appeared" | "online" | "offline" | "switched" | "lamp-known" | "mode" | "status" | "missing" | "gap" | "blinking";

/** How long a device without status messages may be silent before it counts as offline, in ms. */
export const MAX_LESSON_SILENCE = 60_000;

/** Maximum number of devices in the registry. The embedded broker accepts any id, and every id needs memory. */
export const MAX_DEVICES = 250_000;

/** The registry of known devices. */
export class Devices {
  readonly #byId = new Map<string, Device>();
  readonly #pages = new DeviceTables();
  readonly #settingsOf: (id: string) => DeviceSettings | undefined;

  /** @param settingsOf returns the settings of a device from the policy; undefined for default settings */
  constructor(settingsOf: (id: string) => DeviceSettings | undefined = () => undefined) {
    this.#settingsOf = settingsOf;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Device | undefined {
    return this.#byId.get(id);
  }

  /**
   * Returns the device with this id, and adds a new device if the id is unknown.
   * @param owned whether the id is a separate string; a substring of a topic would keep the whole topic in memory
   * @returns undefined if there are `MAX_DEVICES` devices already
   */
  obtain(id: string, owned = false): Device | undefined {
    const known = this.#byId.get(id);
    if (known || this.#byId.size >= MAX_DEVICES) return known;
    const number = this.#pages.allocate();
    const page = this.#pages.tableOf(number);
    const device = new Device(owned ? id : Buffer.from(id).toString(), number, page, this.#pages.rowOf(number));
    this.#configure(device);
    this.#byId.set(device.id, device);
    return device;
  }

  /**
   * Applies new settings to all devices. Call this after the policy has changed. Returns the devices whose view
   * changes.
   */
  configure(): Device[] {
    return [...this].filter((device) => this.#configure(device));
  }

  #configure(device: Device): boolean {
    const settings = this.#settingsOf(device.id);
    return settings !== undefined && device.configure(settings);
  }

  /** Marks silent devices without status messages as offline, and counts overdue readings as missing. */
  sweep(now: number): [device: Device, change: DeviceChange][] {
    const changes: [device: Device, change: DeviceChange][] = [];
    for (const device of this) {
      if (device.expireIfSilent(now, MAX_LESSON_SILENCE)) changes.push([device, "offline"]);
      if (device.gaps?.countMissing(now)) changes.push([device, "missing"]);
      if (device.gaps?.isLogDue(now)) changes.push([device, "gap"]);
    }
    return changes;
  }

  /** Removes a device from the registry. If the device sends another message, it counts as new. */
  forget(device: Device): void {
    if (this.#byId.get(device.id) !== device) return;
    this.#byId.delete(device.id);
    device.detach();
    this.#pages.free(device.number);
  }

  [Symbol.iterator](): Iterator<Device> {
    return this.#byId.values();
  }

  /** Returns every device, sorted by id. */
  list(): DeviceView[] {
    const devices = [...this.#byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return devices.map(toDeviceView);
  }
}
