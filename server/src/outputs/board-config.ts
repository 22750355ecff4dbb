import { CONFIG, encode, topicOf } from "../../../contract/index.js";
import type { Reporting } from "../decisions/policy.js";
import type { Device } from "../devices/devices.js";
import type { Publisher } from "../transport/publisher.js";

/**
 * Publishes the configuration of each board, retained on `<id>/config`: the rule for its lamp, how it reports, and which
 * actions have expired. A board without a connection then decides by the same rule as the server, and skips expired actions.
 */
export class BoardConfigPublisher {
  /** When and how boards send readings. Missing values have the defaults of the contract. */
  reporting: Reporting = {};
  readonly #publisher: Publisher;
  /** The configuration that was published last for each device. */
  readonly #published = new Map<Device, string>();
  #latest = "";

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  /** Publishes a device's configuration if it has changed. @param expired the highest `seq` of expired actions; 0 if none */
  publish(device: Device, expired: number): void {
    const config = this.#configOf(device, expired);
    if (this.#published.get(device) === config) return;
    this.#published.set(device, config);
    this.#publisher.publish(topicOf(device.id, "config"), Buffer.from(config), "retained");
  }

  /** Records that another server has published the configuration, so that this server does not publish it again. */
  markPublished(device: Device, expired: number): void {
    this.#published.set(device, this.#configOf(device, expired));
  }

  /** The devices whose configuration was published. */
  get publishedDevices(): Device[] {
    return [...this.#published.keys()];
  }

  forget(device: Device): void {
    this.#published.delete(device);
  }

  /** Forgets the published configurations, because the broker may have lost them. Returns the devices to publish again. */
  forgetPublished(): Device[] {
    const { publishedDevices: devices } = this;
    this.#published.clear();
    return devices;
  }

  #configOf(device: Device, expired: number): string {
    const config = encode(CONFIG, {
      ...device.rule,
      ...this.reporting,
      ...(expired > 0 && { expired }),
      revision: device.revision,
    });
    // Most devices have the same configuration and share one string.
    if (config !== this.#latest) this.#latest = config;
    return this.#latest;
  }
}
