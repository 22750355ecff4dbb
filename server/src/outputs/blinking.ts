import type { Device } from "../devices/devices.js";
import { clock } from "../time/monotonic-clock.js";
import type { Lamps } from "./lamps.js";
import type { Notifier } from "./notifier.js";

/** How long a board counts as blinking after its reply to `identify`, in ms. Boards blink for 1.5 s. */
const BLINK_DURATION = 2000;
/** How long a board still counts as blinking after a status message, in ms; at most `MAX_BLINK_DURATION` in total. */
const BLINK_EXTENSION_DURATION = 500;
/** The longest time that a board counts as blinking after one action, in ms. */
const MAX_BLINK_DURATION = 10_000;

interface Blink {
  readonly startedAt: number;
  until: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Tracks which boards blink because of an `identify` action. Firmware up to 0.1.0 reports each blink in its status like a
 * switched lamp. The server ignores the lamp state of a board that blinks, and corrects the lamp afterwards.
 */
export class BlinkTracker {
  readonly #blinks = new Map<Device, Blink>();
  readonly #lamps: Lamps;
  readonly #notifier: Notifier;

  constructor(lamps: Lamps, notifier: Notifier) {
    this.#lamps = lamps;
    this.#notifier = notifier;
  }

  /** Starts tracking a board that has confirmed an `identify` action. */
  startTracking(device: Device): void {
    clearTimeout(this.#blinks.get(device)?.timer);
    const startedAt = performance.now();
    const blink: Blink = { startedAt, until: startedAt + BLINK_DURATION, timer: undefined };
    this.#blinks.set(device, blink);
    device.setBlinking(true);
    this.#wait(device, blink);
    this.#notifier.deviceChanged(device, "blinking");
  }

  /** Extends the blinking time of a board after a status message, because the board may still be blinking. */
  handleStatus(device: Device): void {
    const blink = this.#blinks.get(device);
    if (blink)
      blink.until = Math.min(
        Math.max(blink.until, performance.now() + BLINK_EXTENSION_DURATION),
        blink.startedAt + MAX_BLINK_DURATION,
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
    // Ignore a device that was forgotten or moved to another server.
    if (device.isDetached) return;
    this.#notifier.deviceChanged(device, "blinking");
    this.#lamps.correctAfterBlinking(device, clock.now());
  }
}
