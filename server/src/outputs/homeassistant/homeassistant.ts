import { textOf } from "../../common/errors.js";
import type { PublishMode } from "../../mqtt/publish-mode.js";
import type { Log } from "../../observability/log.js";
import { discoveryTopic } from "./names.js";
import { discoveryPayload, type AnnouncedDevice, type PayloadOptions } from "./payload.js";

/** The retained topics on which devices were announced, over restarts: what was announced must be taken back there. */
export interface DiscoveryMemory {
  /** Those of earlier runs. */
  readonly topics: Iterable<string>;
  remember(topics: readonly string[]): Promise<void>;
  forget(topic: string): Promise<void>;
}

export interface HomeAssistantOptions extends PayloadOptions {
  /** Where Home Assistant looks for devices, `homeassistant` by default there; no wildcards, no `/` at the end. */
  readonly discoveryPrefix: string;
  /** Publishes at QoS 1. */
  publish(topic: string, payload: Buffer, mode: PublishMode): void;
  readonly memory: DiscoveryMemory;
  readonly log: Log;
}

/** So many devices are announced at once, and then the next after so many ms: Home Assistant has to set up each. */
const BATCH = 10;
const PAUSE = 50;

/** How long Home Assistant is left alone after it started, in ms: this, and at random up to as much again. */
const AFTER_BIRTH = 1000;

/**
 * Home Assistant is a home's: more devices are not announced. Each takes 3.5 KB at the broker, and whoever may publish
 * there can invent them.
 */
export const MAX_ANNOUNCED = 1000;

const NOTHING = Buffer.alloc(0);

/**
 * Announces devices to Home Assistant by MQTT device discovery, retained, and again when it starts. Off until `on`.
 * @see https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
 */
export class HomeAssistant {
  /** Where Home Assistant says that it started: to be subscribed to, and handed to `message`. */
  readonly birthTopic: string;
  readonly #options: HomeAssistantOptions;
  readonly #devices = new Map<string, AnnouncedDevice>();
  /** Where something of ours is retained, or may be. */
  readonly #topics: Set<string>;
  /** Ids of the devices that are still to be announced. */
  readonly #due = new Set<string>();
  #sending: NodeJS.Timeout | undefined;
  #birth: NodeJS.Timeout | undefined;
  #on = false;
  #saidFull = false;

  constructor(options: HomeAssistantOptions) {
    this.#options = options;
    this.#topics = new Set(options.memory.topics);
    this.birthTopic = `${options.discoveryPrefix}/status`;
  }

  /** From now on devices are announced, those first that are known already. What is left below another prefix goes. */
  on(): void {
    this.#on = true;
    const below = `${this.#options.discoveryPrefix}/device/`;
    for (const topic of this.#topics) if (!topic.startsWith(below)) this.#takeBack(topic);
    this.resend();
  }

  /** Takes back all that was announced, by earlier runs as well, and announces no more. */
  off(): void {
    this.close();
    for (const topic of this.#topics) this.#takeBack(topic);
  }

  /** Announces a device, unless Home Assistant was told just that. */
  announce(device: AnnouncedDevice): void {
    const known = this.#devices.get(device.id);
    if (known && same(known, device)) return;
    if (!known && this.#devices.size >= MAX_ANNOUNCED) return this.#full(device.id);
    this.#devices.set(device.id, device);
    this.#send([device.id]);
  }

  /** The device is no more: Home Assistant removes it, and its entities. */
  forget(id: string): void {
    this.#devices.delete(id);
    this.#due.delete(id);
    const topic = this.#topicOf(id);
    if (this.#topics.has(topic)) this.#takeBack(topic);
  }

  /** Another server announces it from now on. */
  leave(id: string): void {
    this.#devices.delete(id);
    this.#due.delete(id);
  }

  /** Takes a message; gives whether it was Home Assistant's. When it started, all devices are announced again, soon. */
  message(topic: string, payload: Buffer): boolean {
    if (topic !== this.birthTopic) return false;
    if (this.#on && payload.toString() === "online")
      this.#birth ??= setTimeout(
        () => {
          this.#birth = undefined;
          this.#options.log.info(
            "homeassistant",
            `Home Assistant started: it is told of ${this.#devices.size} devices`,
          );
          this.resend();
        },
        AFTER_BIRTH * (1 + Math.random()),
      );
    return true;
  }

  /** Stores again where devices were announced: what it was stored in has lost it. */
  async storeAgain(): Promise<void> {
    await this.#options.memory.remember([...this.#topics]);
  }

  /** Announces all devices again: the broker may have lost what it was to keep. */
  resend(): void {
    this.#send(this.#devices.keys());
  }

  /** Announces no more; what was announced stays. */
  close(): void {
    this.#on = false;
    clearTimeout(this.#sending);
    clearTimeout(this.#birth);
    this.#sending = this.#birth = undefined;
    this.#due.clear();
  }

  #full(id: string): void {
    if (!this.#on || this.#saidFull) return;
    this.#saidFull = true;
    this.#options.log.warn(
      "homeassistant",
      `Home Assistant is not told of ${id}, nor of others that follow: it is told of ${MAX_ANNOUNCED} devices at most.`,
    );
  }

  #send(ids: Iterable<string>): void {
    if (!this.#on) return;
    for (const id of ids) this.#due.add(id);
    if (!this.#sending && this.#due.size > 0) this.#sendBatch();
  }

  #sendBatch(): void {
    const ids = [...this.#due].slice(0, BATCH);
    this.#remember(ids.map((id) => this.#topicOf(id)));
    for (const id of ids) {
      this.#due.delete(id);
      this.#publish(this.#devices.get(id)!);
    }
    this.#sending = setTimeout(() => {
      this.#sending = undefined;
      if (this.#due.size > 0) this.#sendBatch();
    }, PAUSE);
  }

  /** To be called before: what is announced must not be left behind, whatever happens in between. */
  #remember(topics: readonly string[]): void {
    const others = topics.filter((topic) => !this.#topics.has(topic));
    if (others.length === 0) return;
    this.#store(this.#options.memory.remember(others));
    for (const topic of others) this.#topics.add(topic);
  }

  #publish(device: AnnouncedDevice): void {
    const payload = Buffer.from(JSON.stringify(discoveryPayload(device, this.#options)));
    this.#options.publish(this.#topicOf(device.id), payload, "retained");
  }

  #topicOf(id: string): string {
    return discoveryTopic(this.#options.discoveryPrefix, id);
  }

  #takeBack(topic: string): void {
    this.#options.publish(topic, NOTHING, "retained");
    this.#topics.delete(topic);
    this.#store(this.#options.memory.forget(topic));
  }

  #store(storing: Promise<void>): void {
    storing.catch((error: unknown) =>
      this.#options.log.error("homeassistant", `What Home Assistant was told could not be stored: ${textOf(error)}`),
    );
  }
}

function same(a: AnnouncedDevice, b: AnnouncedDevice): boolean {
  return a.label === b.label && a.board === b.board && a.firmware === b.firmware && a.lesson === b.lesson;
}
