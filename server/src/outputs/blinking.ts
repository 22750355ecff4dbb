import { clock } from "../time/monotonic-clock.js";
import type { Decisions } from "../decisions/decisions.js";
import type { Device, Devices } from "../devices/devices.js";

/** A board blinks for 1.5 s from its reply to `identify` on, and what it tells may be late; in ms. */
const LASTS = 2000;
/** What it tells of its lamp while it blinks prolongs that by so much at least, up to `LONGEST` in all; in ms. */
const AFTER_STATUS = 500;
const LONGEST = 10_000;

interface Blink {
  readonly began: number;
  until: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Which boards blink because they were asked to `identify`. Firmware up to 0.1.0 tells of each blink in its status as if
 * the lamp had been switched.
 */
export class Blinking {
  readonly #blinks = new Map<Device, Blink>();
  readonly #devices: Devices;
  readonly #decisions: Decisions;

  constructor(devices: Devices, decisions: Decisions) {
    this.#devices = devices;
    this.#decisions = decisions;
  }

  /** The board has confirmed that it blinks now. */
  begin(device: Device): void {
    clearTimeout(this.#blinks.get(device)?.timer);
    const began = performance.now();
    const blink: Blink = { began, until: began + LASTS, timer: undefined };
    this.#blinks.set(device, blink);
    device.blinking = true;
    this.#wait(device, blink);
    this.#devices.changed(device, "blinking");
  }

  /** The board tells of its lamp. */
  told(device: Device): void {
    const blink = this.#blinks.get(device);
    if (blink) blink.until = Math.min(Math.max(blink.until, performance.now() + AFTER_STATUS), blink.began + LONGEST);
  }

  close(): void {
    for (const { timer } of this.#blinks.values()) clearTimeout(timer);
    this.#blinks.clear();
  }

  #wait(device: Device, blink: Blink): void {
    const left = blink.until - performance.now();
    if (left > 0) {
      blink.timer = setTimeout(() => this.#wait(device, blink), Math.ceil(left));
      return;
    }
    this.#blinks.delete(device);
    device.blinking = false;
    // it was forgotten, or another server has it
    if (device.parted) return;
    this.#devices.changed(device, "blinking");
    this.#decisions.blinked(device, clock.now());
  }
}
