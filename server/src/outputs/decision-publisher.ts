import { DECISION, encode, topicOf, type Decision } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import { Throttle } from "../common/throttle.js";
import type { Mode, Override } from "../devices/override.js";
import { clock } from "../time/monotonic-clock.js";

/** A lamp's changes are told this often at most, in ms: an app that shows it need not know of each flicker. */
const EVERY = 250;

/** So many lamps' switches are told in that time at most: where 100,000 switch at once, lamps go before those who look on. */
const MOST = 250;

/** The longest reason that fits the contract. */
const MAX_REASON = DECISION.reason.maxLength;

const MODES: readonly Mode[] = ["auto", "on", "off"];

type Publish = (topic: string, payload: Buffer) => void;

/** Tells apps, in the retained `<id>/decision`, what was decided for each lamp, who wants it so, and why. */
export class Announcer {
  readonly #publish: Publish;
  readonly #switched = new Throttle<Device>(
    EVERY,
    (device) => {
      device.telling = false;
      this.#tell(device);
    },
    MOST,
  );
  readonly #wished = new Throttle<Device>(EVERY, (device) => this.#tell(device));

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /** Its lamp may be another one. */
  switched(device: Device): void {
    // one look in its row, for the most part, instead of one among all that wait
    if (device.telling) return;
    device.telling = true;
    this.#switched.add(device);
  }

  /** A person, or an app, may want something else of it, and looks whether that is so. */
  wished(device: Device): void {
    this.#wished.add(device);
  }

  /** The broker may have lost what it was to keep. */
  again(devices: Iterable<Device>): void {
    for (const device of devices)
      if (!Number.isNaN(device.told)) {
        device.told = NaN;
        this.switched(device);
      }
  }

  /** What apps were told of the end of its override is another time by now: the wall clock was set. */
  untilMoved(device: Device): void {
    device.told = NaN;
    this.wished(device);
  }

  forget(device: Device): void {
    this.#switched.delete(device);
    device.telling = false;
    this.#wished.delete(device);
    device.told = NaN;
  }

  /** Tells what is still to be told. */
  close(): void {
    this.#wished.flush();
    this.#switched.flush();
  }

  #tell(device: Device): void {
    const { led_on, override } = device;
    const { mode, until } = override;
    const state = numberOf(led_on, override);
    // a reason that changes with every reading is no news
    if (device.told === state) return;
    device.told = state;
    const decision: Decision = {
      ...(led_on !== undefined && { led_on }),
      mode,
      ...(until !== undefined && { until: Math.max(0, clock.toWall(until)) }),
      reason: ascii(device.reason ?? "").slice(0, MAX_REASON),
    };
    this.#publish(topicOf(device.id, "decision"), Buffer.from(encode(DECISION, decision)));
  }
}

/** A lamp and what a person wants of it, as a number of its own. */
function numberOf(led_on: boolean | undefined, { mode, until = 0 }: Override): number {
  return until * 16 + MODES.indexOf(mode) * 4 + (led_on === undefined ? 0 : led_on ? 2 : 1);
}

/** As the wire wants it. */
function ascii(text: string): string {
  return text.replaceAll("≥", ">=").replace(/[^\x20-\x7e]/g, "?");
}
