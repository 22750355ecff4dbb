import { decide, encode, LAMP_COMMAND, LESSON_RULE, type LampCommand } from "../../contract/index.js";
import type { Device, Devices, Mode } from "./devices.js";

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
  /** When it was taken, in ms since 1970. */
  readonly taken: number;
  /** Whether that is sure: otherwise the reading may have waited somewhere. */
  readonly sure: boolean;
}

/** Answers that wait for something newer. */
interface Settling {
  readonly since: number;
  readonly timer: NodeJS.Timeout;
}

/** Decides what each lamp is to be, and commands it. */
export class Decisions {
  /** Whether what waited while the server was away is still on its way. */
  catchingUp = false;
  readonly #devices: Devices;
  readonly #command: (device: Device, command: LampCommand, payload: Buffer) => void;
  readonly #settling = new Map<Device, Settling>();

  /** `command` sends a command, for which the payload is given as well. */
  constructor(devices: Devices, command: (device: Device, command: LampCommand, payload: Buffer) => void) {
    this.#devices = devices;
    this.#command = command;
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
    if (!old) return this.#answer(device, now);
    const since = settling?.since ?? now;
    const latest = since + (this.catchingUp ? PATIENCE_WITH_QUEUE : PATIENCE);
    const timer = setTimeout(
      () => {
        this.#settling.delete(device);
        this.#answer(device, Date.now());
      },
      Math.max(0, Math.min(SETTLE, latest - now)),
    );
    this.#settling.set(device, { since, timer });
  }

  /** A person's wish: takes effect at once. */
  mode(device: Device, mode: Mode, now: number): void {
    device.mode = mode;
    if (mode !== "auto" || device.light !== undefined) this.#answer(device, now);
  }

  /** No lamp is commanded any more. */
  close(): void {
    for (const { timer } of this.#settling.values()) clearTimeout(timer);
    this.#settling.clear();
  }

  #answer(device: Device, now: number): void {
    if (device.mode === "auto") device.lamp = decide(LESSON_RULE, device.lamp, device.light!, now);
    else if (device.lamp?.led_on !== (device.mode === "on")) device.lamp = { led_on: device.mode === "on", since: now };
    const { led_on } = device.lamp!;
    const { seq } = device;
    const command = seq === undefined ? { led_on } : { led_on, seq };
    this.#command(device, command, payloadOf(command));
    this.#devices.lamp(device, led_on);
  }
}
