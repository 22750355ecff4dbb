import { Boots, type StoredBoot } from "./boots.js";
import type { JournalStore } from "./data.js";
import type { Device, Devices } from "./devices.js";
import { textOf } from "./errors.js";
import { MAX_POINTS, type Point, type Recent } from "./recent.js";

/** What is stored of a device: how many of its readings were, and which it has delivered. */
type StoredDevice = readonly [count: number, boots: readonly StoredBoot[]];

type StoredPoint = readonly [time: number, light: number, led_on: boolean | null];

const DEVICE = "device:";
const POINT = "point:";

/**
 * A batch is written when so many readings wait for it, or the first of them has waited so long, in ms: so a few cost
 * little, and a broker that lets 20 messages be unacknowledged, as Mosquitto does, is not held up.
 */
const FULL = 16;
const GATHER = 2;

/** The places of a device's readings: an id is printable, so that \0 ends it. */
const placeOf = (id: string, count: number): string => `${POINT}${id}\0${String(count % MAX_POINTS).padStart(3, "0")}`;

/**
 * Remembers, on disk, the latest readings of every device that numbers them, and which it has delivered.
 *
 * Both go into one atomic batch, and a reading is acknowledged to whoever delivers it after that batch. So `kill -9`
 * leaves it either stored and known, or neither: delivered again, it is stored once. What is stored is safe from the end
 * of this process, not from that of the machine: LevelDB does not wait for the disk.
 */
export class Journal {
  readonly #store: JournalStore;
  readonly #failed: (problem: string) => void;
  readonly #points = new Map<string, StoredPoint>();
  readonly #devices = new Set<Device>();
  readonly #forgotten = new Set<string>();
  #restoring: Promise<void> = Promise.resolve();
  /** Settled when all that was asked for so far is done. */
  #last: Promise<void> = Promise.resolve();
  /** The batch that has not begun, and how to begin it. */
  #open: Promise<void> | undefined;
  #begin = (): void => {};

  constructor(store: JournalStore, failed: (problem: string) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /** Brings back which readings each device has delivered. */
  async restoreDevices(devices: Devices): Promise<void> {
    for await (const [key, value] of this.#store.iterator({ gte: DEVICE, lt: "device;" })) {
      const device = devices.obtain(key.slice(DEVICE.length));
      if (!device) return;
      const [count, boots] = value as StoredDevice;
      device.stored = count;
      device.boots = Boots.restore(boots);
      device.gaps.update(device.boots.holes, Date.now());
    }
  }

  /** Brings back the latest readings, those at the time of the call, in the background. */
  restorePoints(recent: Recent): void {
    this.#restoring = this.#restorePoints(recent).catch((error: unknown) => this.#failed(textOf(error)));
  }

  async #restorePoints(recent: Recent): Promise<void> {
    for await (const [key, value] of this.#store.iterator({ gte: POINT, lt: "point;" })) {
      const [time, light, led_on] = value as StoredPoint;
      recent.add(key.slice(POINT.length, key.indexOf("\0")), { time, light, led_on });
    }
  }

  /** Stores a reading that the device has just delivered; fulfilled when that is done, or was told to have failed. */
  add(device: Device, { time, light, led_on }: Point): Promise<void> {
    this.#points.set(placeOf(device.id, device.stored++), [time, light, led_on]);
    this.#devices.add(device);
    return this.#commit();
  }

  /** Fulfilled when all that was added so far is stored. */
  get stored(): Promise<void> {
    return this.#open ?? this.#last;
  }

  /** Drops a device's readings; which they were stays known. */
  forget(id: string): void {
    this.#forgotten.add(id);
    void this.#commit();
  }

  /** Drops all that is known of a device. */
  async forgetDevice(id: string): Promise<void> {
    this.forget(id);
    await this.stored;
    await this.#store.del(DEVICE + id).catch((error: unknown) => this.#failed(textOf(error)));
  }

  /** Returns when all is stored. */
  async close(): Promise<void> {
    await this.#restoring;
    await this.stored;
  }

  /** What comes while a batch is being written goes out in one batch after it. */
  #commit(): Promise<void> {
    if (!this.#open) {
      const gathered = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, GATHER);
        this.#begin = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#open = this.#last = this.#write(this.#last, gathered);
    } else if (this.#points.size === FULL) this.#begin();
    return this.#open;
  }

  async #write(before: Promise<void>, gathered: Promise<void>): Promise<void> {
    await gathered;
    await before;
    this.#open = undefined;
    // put together in one go: what a device has delivered must not run ahead of what is stored of it
    const ranges = Array.from(this.#forgotten, (id) => ({ gte: `${POINT}${id}\0`, lt: `${POINT}${id}\x01` }));
    const puts = [
      ...Array.from(this.#points, ([key, value]) => put(key, value)),
      ...Array.from(this.#devices, putDevice),
    ];
    this.#forgotten.clear();
    this.#points.clear();
    this.#devices.clear();
    try {
      for (const range of ranges) await this.#store.clear(range);
      await this.#store.batch(puts);
    } catch (error) {
      this.#failed(textOf(error));
    }
  }
}

function put(key: string, value: StoredDevice | StoredPoint) {
  return { type: "put" as const, key, value };
}

function putDevice(device: Device) {
  return put(DEVICE + device.id, [device.stored, device.boots!.store()]);
}
