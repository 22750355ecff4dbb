import type { Status } from "../../../contract/index.js";
import { Device } from "./device.js";
import { Pages } from "./device-numbers.js";
import type { DeviceView } from "./device-view.js";
import { clock } from "../time/monotonic-clock.js";

export { Device, type Configured, type LampZone } from "./device.js";
export type { DeviceView } from "./device-view.js";
export type { Mode } from "./override.js";

/** What happened to a device. */
export type Change =
  "appeared" | "online" | "offline" | "switched" | "mode" | "status" | "missing" | "gap" | "blinking";

/** How long a lesson device may be silent and still count as online, in ms. */
export const LESSON_SILENCE = 60_000;

/** The most devices that are kept: the embedded broker takes any id, and ids cost memory. */
export const MAX_DEVICES = 250_000;

/** The devices that the server knows. */
export class Devices {
  readonly #byId = new Map<string, Device>();
  readonly #pages = new Pages();

  /** `changed` is told of every change, after it; `configure` gives a new device what the configuration has for it. */
  constructor(
    readonly changed: (device: Device, change: Change) => void,
    readonly configure: (device: Device) => void = () => {},
  ) {}

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Device | undefined {
    return this.#byId.get(id);
  }

  /**
   * The device of this id, new or known; undefined when there is no room for another.
   * @param whole whether the id is in memory by itself, and not as part of something longer
   */
  obtain(id: string, whole = false): Device | undefined {
    const known = this.#byId.get(id);
    if (known || this.#byId.size >= MAX_DEVICES) return known;
    // part of a topic would keep all of it, unless it is made anew
    const device = this.#add(whole ? id : Buffer.from(id).toString());
    this.changed(device, "appeared");
    return device;
  }

  /** A device that another server had; nobody is told of it. Undefined when there is no room for another. */
  adopt(id: string): Device | undefined {
    return this.#byId.size >= MAX_DEVICES ? undefined : this.#add(id);
  }

  #add(id: string): Device {
    const number = this.#pages.take();
    const device = new Device(id, number, this.#pages.pageOf(number), this.#pages.rowOf(number));
    this.configure(device);
    this.#byId.set(id, device);
    return device;
  }

  /** A message came from the device. */
  heard(device: Device, now: number): void {
    device.lastSeen = now;
    if (!device.status) this.#online(device, true, now);
  }

  /**
   * The device told of itself: from now on that, and not its silence, says whether it is online. What was retained, it
   * told at an earlier time.
   */
  announced(device: Device, status: Status, retained: boolean): void {
    // the will says nothing but that it is gone: what is known of the board stays
    device.status = { ...device.status, ...status };
    if (status.led_on !== undefined && !device.blinking) this.lamp(device, status.led_on);
    this.#online(device, status.online, retained ? undefined : clock.now());
    this.changed(device, "status");
  }

  /** The lamp is now like this. */
  lamp(device: Device, led_on: boolean): void {
    if (device.led_on === led_on) return;
    device.led_on = led_on;
    this.changed(device, "switched");
  }

  /** Finds the lesson devices that fell silent, and the readings that will not come any more. */
  sweep(now: number): void {
    for (const device of this.#byId.values()) {
      if (!device.status && device.online && now - device.lastSeen >= LESSON_SILENCE) this.#online(device, false, now);
      if (device.gaps?.settle(now)) this.changed(device, "missing");
      if (device.gaps?.isDue(now)) this.changed(device, "gap");
    }
  }

  /** Nothing is known of it any more; should it report again, it is a new one. */
  forget(device: Device): void {
    if (this.#byId.get(device.id) !== device) return;
    this.#byId.delete(device.id);
    device.part();
    this.#pages.free(device.number);
  }

  [Symbol.iterator](): Iterator<Device> {
    return this.#byId.values();
  }

  /** Every device, sorted by id. */
  list(): DeviceView[] {
    const devices = [...this.#byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return devices.map((device) => device.view());
  }

  /** `now` is undefined when it became so at an earlier time. */
  #online(device: Device, online: boolean, now: number | undefined): void {
    if (device.online === online) return;
    const first = device.online === undefined;
    device.online = online;
    device.since = now;
    // a device that appears is online: that goes without saying
    if (!first || !online) this.changed(device, online ? "online" : "offline");
  }
}
