import { DECISION, encode, topicOf, type Decision } from "../../../contract/index.js";
import { Throttle } from "../common/throttle.js";
import { explainLamp } from "../devices/describe-device.js";
import type { Device } from "../devices/devices.js";
import type { Mode, Override } from "../devices/override.js";
import { clock } from "../time/monotonic-clock.js";
import type { Publisher } from "../transport/publisher.js";

/** The shortest time between two messages about one lamp, in ms. Apps need not see every flicker. */
const MIN_MESSAGE_INTERVAL = 250;

/**
 * Maximum number of decisions to publish per `MIN_MESSAGE_INTERVAL`. If many lamps switch at once, the limit lets their
 * lamp commands leave first.
 */
const MAX_DECISIONS_PER_INTERVAL = 250;

/** The longest reason that the contract allows, in characters. */
const MAX_REASON_LENGTH = DECISION.reason.maxLength;

const MODES: readonly Mode[] = ["auto", "on", "off"];

/** Publishes the server's decision for each lamp and its reason, for apps, retained on `<id>/decision`. */
export class DecisionPublisher {
  readonly #publisher: Publisher;
  readonly #switched = new Throttle<Device>(
    MIN_MESSAGE_INTERVAL,
    (device) => {
      device.isPublishQueued = false;
      this.#publish(device);
    },
    MAX_DECISIONS_PER_INTERVAL,
  );
  readonly #modes = new Throttle<Device>(MIN_MESSAGE_INTERVAL, (device) => this.#publish(device));

  constructor(publisher: Publisher) {
    this.#publisher = publisher;
  }

  /** Queues a message because the lamp was switched. */
  lampSwitched(device: Device): void {
    // A flag in the device is faster to read than a set of all waiting devices.
    if (device.isPublishQueued) return;
    device.isPublishQueued = true;
    this.#switched.add(device);
  }

  /** Queues a message because the override may have changed. */
  overrideChanged(device: Device): void {
    this.#modes.add(device);
  }

  /** Queues all devices again, because the broker may have lost their retained messages. */
  republish(devices: Iterable<Device>): void {
    for (const device of devices)
      if (!Number.isNaN(device.publishedState)) {
        device.publishedState = NaN;
        this.lampSwitched(device);
      }
  }

  /** Queues a message because the wall clock was set, which changes the time when the override ends. */
  endTimeChanged(device: Device): void {
    device.publishedState = NaN;
    this.overrideChanged(device);
  }

  forget(device: Device): void {
    this.#switched.delete(device);
    device.isPublishQueued = false;
    this.#modes.delete(device);
    device.publishedState = NaN;
  }

  /** Publishes all queued messages at once, because the server stops. */
  close(): void {
    this.#modes.flush();
    this.#switched.flush();
  }

  #publish(device: Device): void {
    const { led_on, override } = device;
    const { mode, until } = override;
    const state = encodeState(led_on, override);
    // The text of the reason changes with every reading, so a changed reason alone causes no message.
    if (device.publishedState === state) return;
    device.publishedState = state;
    const decision: Decision = {
      ...(led_on !== undefined && { led_on }),
      mode,
      ...(until !== undefined && { until: Math.max(0, clock.toWall(until)) }),
      reason: toAscii(explainLamp(device) ?? "").slice(0, MAX_REASON_LENGTH),
    };
    this.#publisher.publish(topicOf(device.id, "decision"), Buffer.from(encode(DECISION, decision)), "retained");
  }
}

/** Encodes a lamp's state and override as one number, so that a change can be detected quickly. */
function encodeState(led_on: boolean | undefined, { mode, until = 0 }: Override): number {
  return until * 16 + MODES.indexOf(mode) * 4 + (led_on === undefined ? 0 : led_on ? 2 : 1);
}

/** Replaces the characters that the contract does not allow in a reason. */
function toAscii(text: string): string {
  return text.replaceAll("≥", ">=").replace(/[^\x20-\x7e]/g, "?");
}
