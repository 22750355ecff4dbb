import { decide, encode, LAMP_COMMAND, LESSON_RULE, type Telemetry } from "../../contract/index.js";
import type { Device, Devices, Mode } from "./devices.js";

/** A reading that is older than this when it arrives, in ms, tells of the past: the lamp is not to follow it. */
export const STALE = 2000;

/** How long nothing newer may arrive before a lamp follows an old reading after all, in ms. */
export const SETTLE = 250;

const ON = Buffer.from(encode(LAMP_COMMAND, { led_on: true }));
const OFF = Buffer.from(encode(LAMP_COMMAND, { led_on: false }));

/** Decides what each lamp is to be, and commands it. */
export class Decisions {
  readonly #devices: Devices;
  readonly #command: (device: Device, led_on: boolean, payload: Buffer) => void;
  readonly #settling = new Map<Device, NodeJS.Timeout>();

  /** `command` sends a command, for which the payload is given as well. */
  constructor(devices: Devices, command: (device: Device, led_on: boolean, payload: Buffer) => void) {
    this.#devices = devices;
    this.#command = command;
  }

  /**
   * A reading: every one is answered, as the lesson's server does, except old ones. A board that was away sends a past
   * in which the lamp should not flicker; only if nothing newer follows does the lamp go by the last of it.
   */
  reading(device: Device, reading: Telemetry, now: number): void {
    const age = reading.age ?? 0;
    const taken = now - age;
    if (taken < device.taken && age > STALE) return;
    device.taken = taken;
    device.light = reading.light;
    if (this.#settling.size > 0) this.#settled(device);
    if (age <= STALE) this.#answer(device, now);
    else
      this.#settling.set(
        device,
        setTimeout(() => this.#answer(device, Date.now()), SETTLE),
      );
  }

  /** A person's wish: takes effect at once. */
  mode(device: Device, mode: Mode, now: number): void {
    device.mode = mode;
    if (mode !== "auto" || device.light !== undefined) this.#answer(device, now);
  }

  /** No lamp is commanded any more. */
  close(): void {
    for (const timer of this.#settling.values()) clearTimeout(timer);
    this.#settling.clear();
  }

  #settled(device: Device): void {
    clearTimeout(this.#settling.get(device));
    this.#settling.delete(device);
  }

  #answer(device: Device, now: number): void {
    if (device.mode === "auto") device.lamp = decide(LESSON_RULE, device.lamp, device.light!, now);
    else if (device.lamp?.led_on !== (device.mode === "on")) device.lamp = { led_on: device.mode === "on", since: now };
    const { led_on } = device.lamp!;
    this.#command(device, led_on, led_on ? ON : OFF);
    this.#devices.lamp(device, led_on);
  }
}
