import { decide, encode, LAMP_COMMAND, type Lamp, type LampCommand } from "../../../contract/index.js";
import type { Device, Devices } from "../devices/devices.js";
import { current, overrideOf, type Mode, type Override } from "../devices/override.js";
import { clock } from "../time/monotonic-clock.js";
import type { Zone } from "./zones/zone.js";
import type { Zones } from "./zones/zones.js";

/** A reading that is older than this when it arrives, in ms, tells of the past: the lamp is not to follow it. */
export const STALE = 2000;

/** How long nothing newer may arrive before a lamp follows an old reading after all, in ms. */
export const SETTLE = 250;

/** A lamp waits no longer than this for its readings to settle, in ms; longer while a queue is known to be on its way. */
export const PATIENCE = 1000;
const PATIENCE_WITH_QUEUE = 30_000;

const ON = Buffer.from(encode(LAMP_COMMAND, { led_on: true }));
const OFF = Buffer.from(encode(LAMP_COMMAND, { led_on: false }));

/** What is put together is not encoded: this is done for every reading. */
function payloadOf({ led_on, seq }: LampCommand): Buffer {
  if (seq === undefined) return led_on ? ON : OFF;
  return Buffer.from((led_on ? '{"led_on":true,"seq":' : '{"led_on":false,"seq":') + seq + "}");
}

/** A reading as a decision needs it. */
export interface Fresh {
  /** 0 to 1023. */
  readonly light: number;
  /** Names the reading in the answer; undefined for a lesson device. */
  readonly seq?: number;
  /** When it was taken, by the monotonic clock. */
  readonly taken: number;
  /** Whether that is sure: otherwise the reading may have waited somewhere. */
  readonly sure: boolean;
}

/** Answers that wait for something newer. */
interface Settling {
  readonly since: number;
  readonly timer: NodeJS.Timeout;
}

export interface DecisionsOptions {
  readonly devices: Devices;
  readonly zones: Zones;
  /** Sends a command, for which the payload is given as well. */
  command(device: Device, command: LampCommand, payload: Buffer): void;
  /** A person's override has run out. */
  ended(device: Device): void;
}

/** Decides what each lamp is to be, and commands it: as a person wants it, as its zone does, or by its own light. */
export class Decisions {
  /** Whether what waited while the server was away is still on its way. */
  catchingUp = false;
  readonly #options: DecisionsOptions;
  readonly #settling = new Map<Device, Settling>();
  /** Devices whose override runs out, and those that would be switched were it not for the shortest time. */
  readonly #waiting = new Set<Device>();
  /** The device whose reading is being taken. */
  #taking: Device | undefined;

  constructor(options: DecisionsOptions) {
    this.#options = options;
  }

  /**
   * The newest reading of a device: every one is answered, as the lesson's server does, except old ones. A queue that is
   * delivered tells of a past in which the lamp should not flicker; only if nothing newer follows does the lamp go by
   * the last of it.
   */
  reading(device: Device, { light, seq, taken, sure }: Fresh, now: number): void {
    device.light = light;
    device.seq = seq;
    const settling = this.#settling.get(device);
    if (settling) {
      clearTimeout(settling.timer);
      this.#settling.delete(device);
    }
    const old = now - taken > STALE || !sure;
    if (!old) return this.#take(device, now);
    const since = settling?.since ?? now;
    const latest = since + (this.catchingUp ? PATIENCE_WITH_QUEUE : PATIENCE);
    const timer = setTimeout(
      () => {
        this.#settling.delete(device);
        this.#take(device, clock.now());
      },
      Math.max(0, Math.min(SETTLE, latest - now)),
    );
    this.#settling.set(device, { since, timer });
  }

  /** A person's wish: takes effect at once. @param duration in ms; undefined when it lasts */
  mode(device: Device, mode: Mode, duration: number | undefined, now: number): void {
    this.restore(device, overrideOf(mode, duration, now));
    this.again(device, now);
  }

  /** A wish that was known before. */
  restore(device: Device, override: Override): void {
    device.override = override;
    if (override.until === undefined) this.#waiting.delete(device);
    else this.#waiting.add(device);
  }

  /** Commands the lamp again, if there is anything to go by. */
  again(device: Device, now: number): void {
    if (device.override.mode !== "auto" || this.#zoneOf(device)?.lamp || device.light !== undefined)
      this.#answer(device, now);
  }

  /** Switches the lamp if it is to be another one by now: the rule, the zone or the time is. */
  review(device: Device, now: number): void {
    if (device.light === undefined && !this.#zoneOf(device)?.lamp) return;
    if (this.#decide(device, now)?.led_on !== device.lamp?.led_on) this.#answer(device, now);
  }

  /** A lamp has blinked: should it not be as it was decided, it is commanded again; one that decides alone says how it is. */
  blinked(device: Device, now: number): void {
    const { status, lamp } = device;
    if (status?.led_on === undefined || status.led_on === device.led_on) return;
    if (lamp && status.decided_by !== "device") this.again(device, now);
    else this.#options.devices.lamp(device, status.led_on);
  }

  /** A zone's lamps are to be switched. */
  zone({ policy }: Zone, now: number): void {
    for (const id of policy.lamps) {
      const device = this.#options.devices.get(id);
      // the one whose reading brought this about is answered anyway
      if (device && device !== this.#taking) this.again(device, now);
    }
  }

  /** Time goes on: overrides run out, and so do the shortest times. */
  tick(now: number): void {
    for (const device of this.#waiting) {
      const { override } = device;
      if (current(override, now) !== override) {
        this.mode(device, "auto", undefined, now);
        this.#options.ended(device);
      } else if (override.mode === "auto") this.review(device, now);
    }
  }

  /** Nothing more is decided for it. */
  forget(device: Device): void {
    clearTimeout(this.#settling.get(device)?.timer);
    this.#settling.delete(device);
    this.#waiting.delete(device);
  }

  /** No lamp is commanded any more. */
  close(): void {
    for (const { timer } of this.#settling.values()) clearTimeout(timer);
    this.#settling.clear();
    this.#waiting.clear();
  }

  #zoneOf({ id }: Device): Zone | undefined {
    return this.#options.zones.of(id)?.lampOf;
  }

  /** The light of now: for the zones of which the device is a sensor, and for its own lamp. */
  #take(device: Device, now: number): void {
    this.#taking = device;
    this.#options.zones.sensed(device, now);
    this.#taking = undefined;
    this.#answer(device, now);
  }

  #answer(device: Device, now: number): void {
    device.lamp = this.#decide(device, now);
    // a zone that has heard nothing yet has no answer
    if (!device.lamp) return;
    const { led_on } = device.lamp;
    const { seq } = device;
    const command = seq === undefined ? { led_on } : { led_on, seq };
    this.#options.command(device, command, payloadOf(command));
    this.#options.devices.lamp(device, led_on);
  }

  #decide(device: Device, now: number): Lamp | undefined {
    const { lamp, rule, light, override } = device;
    if (override.mode !== "auto") {
      const led_on = override.mode === "on";
      return lamp?.led_on === led_on ? lamp : { led_on, since: now };
    }
    const zone = this.#zoneOf(device);
    if (zone) return zone.lamp ?? lamp;
    const decided = decide(rule, lamp, light!, now);
    if (rule.min_on > 0 || rule.min_off > 0) {
      const wanted = decide({ ...rule, min_on: 0, min_off: 0 }, lamp, light!, now);
      if (wanted.led_on === decided.led_on) this.#waiting.delete(device);
      else this.#waiting.add(device);
    }
    return decided;
  }
}
