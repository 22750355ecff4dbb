import { CONFIG, encode, topicOf } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Reporting } from "../decisions/policy.js";

/**
 * Tells each device that announced itself the rule for its lamp, how it is to report, and which actions have expired, in
 * the retained `<id>/config`: so a board on its own decides as the server does, and does nothing that was given up.
 */
export class DeviceConfigs {
  /** How boards are to report; what is not there, is the contract's default. */
  reporting: Reporting = {};
  readonly #publish: (topic: string, payload: Buffer) => void;
  /** What each device was told. */
  readonly #told = new Map<Device, string>();
  #latest = "";

  constructor(publish: (topic: string, payload: Buffer) => void) {
    this.#publish = publish;
  }

  /** Tells the device, unless it was told just that. @param expired actions up to this `seq`; 0 when none has */
  tell(device: Device, expired: number): void {
    const config = this.#configOf(device, expired);
    if (this.#told.get(device) === config) return;
    this.#told.set(device, config);
    this.#publish(topicOf(device.id, "config"), Buffer.from(config));
  }

  /** The device was told that, by another server. */
  assume(device: Device, expired: number): void {
    this.#told.set(device, this.#configOf(device, expired));
  }

  /** Those who were told something. */
  get told(): Device[] {
    return [...this.#told.keys()];
  }

  forget(device: Device): void {
    this.#told.delete(device);
  }

  #configOf(device: Device, expired: number): string {
    const config = encode(CONFIG, { ...device.rule, ...this.reporting, ...(expired > 0 && { expired }) });
    // most are told the same: it is to be in memory once
    if (config !== this.#latest) this.#latest = config;
    return this.#latest;
  }

  /** The broker may have lost what it was to keep: gives the devices that were told, who are to be told again. */
  startOver(): Device[] {
    const devices = this.told;
    this.#told.clear();
    return devices;
  }
}
