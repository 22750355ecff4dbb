import { encode, topicOf, UPDATE_STATE } from "../../../../contract/index.js";
import { textOf } from "../../common/errors.js";
import type { Log } from "../../observability/log.js";
import type { Publisher } from "../../transport/publisher.js";
import type { DiscoveryMemory } from "../device-memory.js";
import { discoveryTopicOf } from "./names.js";
import { createDiscoveryPayload, type AnnouncedDevice, type PayloadOptions } from "./payload.js";

export interface HomeAssistantOptions extends PayloadOptions {
  /**
   * Prefix of discovery topics; Home Assistant's default is `homeassistant`. The prefix must not contain wildcards or
   * end with `/`.
   */
  readonly discoveryPrefix: string;
  readonly publisher: Pick<Publisher, "publish">;
  readonly memory: DiscoveryMemory;
  readonly log: Log;
}

/** Number of devices to announce at once. Home Assistant needs time to set up each device. */
const ANNOUNCEMENTS_PER_BATCH = 10;
/** Pause between two batches of announcements, in ms. */
const ANNOUNCEMENT_PAUSE = 50;

/**
 * The shortest pause between the start of Home Assistant and the announcements, in ms. A random time of up to the same
 * length is added.
 */
const MIN_ANNOUNCEMENT_DELAY = 1000;

/**
 * Maximum number of announced devices. Home Assistant is made for homes, each device takes 3.5 KB at the broker, and
 * anybody who may publish at the broker can invent devices.
 */
export const MAX_ANNOUNCED_DEVICES = 1000;

export type { DiscoveryMemory };

const EMPTY_PAYLOAD = Buffer.alloc(0);

/**
 * Announces devices to Home Assistant with retained MQTT discovery messages. Does nothing until `enable` is called.
 * @see https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
 */
export class HomeAssistant {
  /** The topic on which Home Assistant reports that it has started. Subscribe to it and pass its messages to `handleMessage`. */
  readonly birthTopic: string;
  readonly #options: HomeAssistantOptions;
  readonly #devices = new Map<string, AnnouncedDevice>();
  /** All topics where a discovery message may be retained. */
  readonly #topics: Set<string>;
  /** The ids of devices that wait for their announcement. */
  readonly #waiting = new Set<string>();
  #batchTimer: NodeJS.Timeout | undefined;
  #birthTimer: NodeJS.Timeout | undefined;
  #isEnabled = false;
  #warnedFull = false;

  constructor(options: HomeAssistantOptions) {
    this.#options = options;
    this.#topics = new Set(options.memory.topics);
    this.birthTopic = `${options.discoveryPrefix}/status`;
  }

  /**
   * Starts announcing, first the devices that are already known. Removes discovery messages that an earlier run
   * published under a different prefix.
   */
  enable(): void {
    this.#isEnabled = true;
    const below = `${this.#options.discoveryPrefix}/device/`;
    for (const topic of this.#topics) if (!topic.startsWith(below)) this.#remove(topic);
    this.announceAll();
  }

  /** Stops announcing, and removes all retained discovery messages, including those of earlier runs. */
  disable(): void {
    this.close();
    for (const topic of this.#topics) this.#remove(topic);
  }

  /** Announces a device, unless its data is unchanged. Logs one warning and ignores new devices above `MAX_ANNOUNCED_DEVICES`. */
  announce(device: AnnouncedDevice): void {
    const known = this.#devices.get(device.id);
    if (known && hasSameData(known, device)) {
      if (JSON.stringify(known.update) === JSON.stringify(device.update)) return;
      this.#devices.set(device.id, device);
      if (this.#isEnabled) this.#publishUpdate(device);
      return;
    }
    if (!known && this.#devices.size >= MAX_ANNOUNCED_DEVICES) return this.#warnFull(device.id);
    this.#devices.set(device.id, device);
    this.#scheduleAnnouncements([device.id]);
  }

  /** Removes a device and its entities from Home Assistant. */
  forget(id: string): void {
    const topic = this.#topicOf(id);
    // also for a device of an earlier run, and for one whose program the server no longer has
    if (this.#devices.has(id) || this.#topics.has(topic))
      this.#options.publisher.publish(topicOf(id, "update"), EMPTY_PAYLOAD, "retained");
    this.#devices.delete(id);
    this.#waiting.delete(id);
    if (this.#topics.has(topic)) this.#remove(topic);
  }

  /** Stops announcing a device that another server announces now. Its retained message stays. */
  release(id: string): void {
    this.#devices.delete(id);
    this.#waiting.delete(id);
  }

  /** Announces all devices when Home Assistant reports its start. Returns false for a message on any other topic. */
  handleMessage(topic: string, payload: Buffer): boolean {
    if (topic !== this.birthTopic) return false;
    if (this.#isEnabled && payload.toString() === "online")
      this.#birthTimer ??= setTimeout(
        () => {
          this.#birthTimer = undefined;
          this.#options.log.info("homeassistant", `Home Assistant started; announcing ${this.#devices.size} devices`);
          this.announceAll();
        },
        MIN_ANNOUNCEMENT_DELAY * (1 + Math.random()),
      );
    return true;
  }

  /** Stores all discovery topics again after the storage has lost them. */
  async storeTopicsAgain(): Promise<void> {
    await this.#options.memory.remember([...this.#topics]);
  }

  /** Announces all devices again, because the broker may have lost the retained messages. */
  announceAll(): void {
    this.#scheduleAnnouncements(this.#devices.keys());
  }

  /** Stops announcing. The retained messages stay. */
  close(): void {
    this.#isEnabled = false;
    clearTimeout(this.#batchTimer);
    clearTimeout(this.#birthTimer);
    this.#batchTimer = this.#birthTimer = undefined;
    this.#waiting.clear();
  }

  #warnFull(id: string): void {
    if (!this.#isEnabled || this.#warnedFull) return;
    this.#warnedFull = true;
    this.#options.log.warn(
      "homeassistant",
      `${id} and later devices are not announced to Home Assistant, which gets at most ${MAX_ANNOUNCED_DEVICES} devices.`,
    );
  }

  #scheduleAnnouncements(ids: Iterable<string>): void {
    if (!this.#isEnabled) return;
    for (const id of ids) this.#waiting.add(id);
    if (!this.#batchTimer && this.#waiting.size > 0) this.#sendBatch();
  }

  #sendBatch(): void {
    const ids = [...this.#waiting].slice(0, ANNOUNCEMENTS_PER_BATCH);
    this.#remember(ids.map((id) => this.#topicOf(id)));
    for (const id of ids) {
      this.#waiting.delete(id);
      this.#publish(this.#devices.get(id)!);
    }
    this.#batchTimer = setTimeout(() => {
      this.#batchTimer = undefined;
      if (this.#waiting.size > 0) this.#sendBatch();
    }, ANNOUNCEMENT_PAUSE);
  }

  /** Stores topics before publishing to them, so that a later run can remove their messages even after `kill -9`. */
  #remember(topics: readonly string[]): void {
    const others = topics.filter((topic) => !this.#topics.has(topic));
    if (others.length === 0) return;
    this.#store(this.#options.memory.remember(others));
    for (const topic of others) this.#topics.add(topic);
  }

  #publish(device: AnnouncedDevice): void {
    const payload = Buffer.from(JSON.stringify(createDiscoveryPayload(device, this.#options)));
    this.#options.publisher.publish(this.#topicOf(device.id), payload, "retained");
    this.#publishUpdate(device);
  }

  #publishUpdate({ id, update }: AnnouncedDevice): void {
    if (!update) return;
    this.#options.publisher.publish(topicOf(id, "update"), Buffer.from(encode(UPDATE_STATE, update)), "retained");
  }

  #topicOf(id: string): string {
    return discoveryTopicOf(this.#options.discoveryPrefix, id);
  }

  #remove(topic: string): void {
    this.#options.publisher.publish(topic, EMPTY_PAYLOAD, "retained");
    this.#topics.delete(topic);
    this.#store(this.#options.memory.forget(topic));
  }

  #store(storing: Promise<void>): void {
    storing.catch((error: unknown) =>
      this.#options.log.error("homeassistant", `The discovery topics could not be stored: ${textOf(error)}`),
    );
  }
}

function hasSameData(a: AnnouncedDevice, b: AnnouncedDevice): boolean {
  return (
    a.label === b.label &&
    a.board === b.board &&
    a.firmware === b.firmware &&
    a.lesson === b.lesson &&
    Boolean(a.update) === Boolean(b.update)
  );
}
