import { CONFIG, encode, LESSON_RULE, topicOf } from "../../contract/index.js";
import type { Device } from "./devices.js";

/**
 * Tells each device that announced itself the rule that is in force, and which actions have expired, in the retained
 * `<id>/config`: so a board on its own decides as the server does, and does nothing that was given up. Of the cadence
 * nothing differs from the contract's defaults, so that nothing is said of it.
 */
export class Configs {
  readonly #publish: (topic: string, payload: Buffer) => void;
  /** What each device was told. */
  readonly #told = new Map<Device, string>();

  constructor(publish: (topic: string, payload: Buffer) => void) {
    this.#publish = publish;
  }

  /** Tells the device, unless it was told just that. @param expired actions up to this `seq`; 0 when none has */
  tell(device: Device, expired: number): void {
    const config = encode(CONFIG, { ...LESSON_RULE, ...(expired > 0 && { expired }) });
    if (this.#told.get(device) === config) return;
    this.#told.set(device, config);
    this.#publish(topicOf(device.id, "config"), Buffer.from(config));
  }

  /** The broker may have lost what it was to keep: gives the devices that were told, who are to be told again. */
  forget(): Device[] {
    const devices = [...this.#told.keys()];
    this.#told.clear();
    return devices;
  }
}
