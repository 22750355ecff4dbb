import type { Device } from "../devices/devices.js";
import { clock } from "../time/monotonic-clock.js";
import type { Lamps } from "./lamps.js";
import type { Notifier } from "./notifier.js";

/** How long a board counts as blinking after its reply to `identify`, in ms. It blinks for 1.5 s. */
const DURATION = 2000;
/** How long it counts as blinking after a status message, in ms, but no longer than `MAX_DURATION` in total. */
const STATUS_EXTENSION = 500;
const MAX_DURATION = 10_000;

interface Blink {
  readonly startedAt: number;
  until: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Knows which boards blink because of an `identify` action. Firmware up to 0.1.0 reports each blink in its status as if
 * the lamp had been switched; the server ignores that.
 */
export class Blinking {
  readonly #blinks = new Map<Device, Blink>();
  readonly #lamps: Lamps;
  readonly #notifier: Notifier;

  constructor(lamps: Lamps, notifier: Notifier) {
    this.#lamps = lamps;
    this.#notifier = notifier;
  }

  /** The board has confirmed that it begins to blink. */
  begin(device: Device): void {
    clearTimeout(this.#blinks.get(device)?.timer);
    const startedAt = performance.now();
    const blink: Blink = { startedAt, until: startedAt + DURATION, timer: undefined };
    this.#blinks.set(device, blink);
    device.setBlinking(true);
    this.#wait(device, blink);
    this.#notifier.changed(device, "blinking");
  }

  /** The board has sent a status message, so it may still be blinking. */
  statusReceived(device: Device): void {
    const blink = this.#blinks.get(device);
    if (blink)
      blink.until = Math.min(
        Math.max(blink.until, performance.now() + STATUS_EXTENSION),
        blink.startedAt + MAX_DURATION,
      );
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
    device.setBlinking(false);
    // The device may have been forgotten, or moved to another server.
    if (device.detached) return;
    this.#notifier.changed(device, "blinking");
    this.#lamps.blinked(device, clock.now());
  }
}
