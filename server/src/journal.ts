import type { Telemetry } from "../../contract/index.js";
import { Boots, type StoredBoot } from "./boots.js";
import type { JournalStore } from "./data.js";
import type { Device, Devices } from "./devices.js";
import { textOf } from "./errors.js";
import { Entries, type StoredEntries, type StoredPoint } from "./journal-entries.js";
import type { Point, Recent } from "./recent.js";

/** What is stored of a device: which readings it has delivered, up to a number of the journal, and the latest of them. */
type StoredDevice = readonly [covered: number, boots: readonly StoredBoot[], points: readonly StoredPoint[]];

const DEVICE = "device:";
const LOG = "log:";
const logKey = (number: number): string => LOG + String(number).padStart(15, "0");

/**
 * A batch is written when so many readings wait for it, with all that came in the same turn of the event loop, or when the
 * first of them has waited so long, in ms: so a few cost little, many cost little each, and a broker that lets 20 messages be
 * unacknowledged, as Mosquitto does, is not held up.
 */
const FULL = 16;
const GATHER = 2;

/** A device is stored anew when so many readings, of all devices, have come since its first that is in the log alone. */
const LAG = 200_000;
/** The log is kept for so long, in ms: whoever is told of what is stored may be killed before it has stored that. */
const KEEP = 10_000;
/** At most so many devices, and so many keys of the log that nobody needs any more, with one batch. */
const SLICE = 64;

export interface JournalOptions {
  readonly store: JournalStore;
  readonly recent: Recent;
  /** Told of each reading once it is stored, or was told to have failed: nobody is to have it before. */
  stored(id: string, point: Point): void;
  failed(problem: string): void;
  /** For tests; see `LAG` and `KEEP`. */
  readonly lag?: number;
  readonly keep?: number;
}

/**
 * Remembers, on disk, the latest readings of every device that numbers them, and which it has delivered: as a log of what
 * came, in one write for many readings, and now and then, device by device, as what it amounts to.
 *
 * A reading is acknowledged to whoever delivers it when it is in the log. So `kill -9` leaves it either stored and
 * known, or neither: delivered again, it is stored once. What is stored is safe from the end of this process, not from that of
 * the machine: LevelDB does not wait for the disk.
 */
export class Journal {
  readonly #store: JournalStore;
  readonly #recent: Recent;
  readonly #stored: JournalOptions["stored"];
  readonly #failed: (problem: string) => void;
  readonly #lag: number;
  readonly #keep: number;
  /** Readings so far. */
  #number = 0;
  /** The numbers of what is in the log, and when it was written. */
  readonly #logged: { readonly number: number; readonly at: number }[] = [];
  /** Devices of which something is in the log alone, with its number: in the order of those. */
  readonly #dirty = new Map<Device, number>();
  #entries = new Entries();
  readonly #forgotten: string[] = [];
  /** Settled when all that was asked for so far is done. */
  #last: Promise<void> = Promise.resolve();
  /** The batch that has not begun, and how to begin it. */
  #open: Promise<void> | undefined;
  #begin = (): void => {};

  constructor({ store, recent, stored, failed, lag = LAG, keep = KEEP }: JournalOptions) {
    this.#store = store;
    this.#recent = recent;
    this.#stored = stored;
    this.#failed = failed;
    this.#lag = lag;
    this.#keep = keep;
  }

  /**
   * Brings back what was stored. To be called once, before anything is added.
   * @param logged told of each reading in the log: at least those of the last seconds
   */
  async restore(devices: Devices, logged: JournalOptions["stored"]): Promise<void> {
    // 0.1.0 stored each reading by itself
    await this.#store.clear({ gte: "point:", lt: "point;" });
    const covered = new Map<Device, number>();
    let highest = 0;
    for await (const [key, value] of this.#store.iterator({ gte: DEVICE, lt: "device;", ...AHEAD })) {
      const device = devices.obtain(key.slice(DEVICE.length));
      if (!device) break;
      const [upTo, boots, points] = value as StoredDevice;
      device.boots = Boots.restore(boots);
      covered.set(device, points ? upTo : 0);
      if (points) highest = Math.max(highest, upTo);
      for (const [time, light, led_on] of points ?? []) this.#recent.add(device.id, { time, light, led_on });
    }
    for await (const [key, value] of this.#store.iterator({ gte: LOG, lt: "log;", ...AHEAD })) {
      const entries = new Entries(value as StoredEntries);
      this.#number = Number(key.slice(LOG.length));
      this.#logged.push({ number: this.#number, at: 0 });
      entries.tell(logged);
      this.#replay(devices, covered, entries);
    }
    // a number that a device's state covers already would be passed over at the next start
    this.#number = Math.max(this.#number, highest);
    const now = Date.now();
    for (const device of devices) if (device.boots) device.gaps.update(device.boots.holes, now);
  }

  #replay(devices: Devices, covered: ReadonlyMap<Device, number>, entries: Entries): void {
    for (const [id, boot, seq, at, age, now, live, time, light, led_on] of entries) {
      const known = devices.get(id);
      if (known && (covered.get(known) ?? 0) >= this.#number) continue;
      if (boot === null) {
        if (known) this.#forget(devices, known);
        continue;
      }
      const device = known ?? devices.obtain(id);
      if (!device) continue;
      const reading: Telemetry = { light, at: at ?? undefined, age: age ?? undefined };
      device.boots ??= new Boots();
      device.boots.place(boot, seq, reading, now, live);
      this.#recent.add(id, { time, light, led_on });
      if (!this.#dirty.has(device)) this.#dirty.set(device, this.#number);
    }
  }

  #forget(devices: Devices, device: Device): void {
    devices.forget(device);
    this.#recent.delete(device.id);
    this.#dirty.delete(device);
  }

  /**
   * Stores a reading that the device has just delivered, and that is in its `boots`; fulfilled when that is done, or was told
   * to have failed. @param live whether it cannot have waited at a broker
   */
  add(device: Device, reading: Telemetry, now: number, live: boolean, point: Point): Promise<void> {
    this.#entries.add(device.id, reading, now, live, point);
    this.#number++;
    // the number is that of the batch in the end, and so not lower
    if (!this.#dirty.has(device)) this.#dirty.set(device, this.#number);
    return this.#commit();
  }

  /** Fulfilled when all that was added so far is stored. */
  get stored(): Promise<void> {
    return this.#open ?? this.#last;
  }

  /** Drops all that is known of a device. */
  async forget(device: Device): Promise<void> {
    this.#dirty.delete(device);
    this.#entries.forget(device.id);
    this.#number++;
    this.#forgotten.push(device.id);
    await this.#commit();
  }

  /** Returns when all is stored. */
  async close(): Promise<void> {
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
    } else if (this.#entries.size === FULL) setImmediate(this.#begin);
    return this.#open;
  }

  async #write(before: Promise<void>, gathered: Promise<void>): Promise<void> {
    await gathered;
    await before;
    this.#open = undefined;
    // Put together in one go: what is stored of a device must not run ahead of the log.
    const key = logKey(this.#number);
    const entries = this.#entries;
    this.#entries = new Entries();
    const puts: { key: string; value: unknown }[] = [{ key, value: entries.stored }];
    this.#logged.push({ number: this.#number, at: performance.now() });
    const settled = this.#settle();
    for (const device of settled) puts.push({ key: DEVICE + device.id, value: this.#stateOf(device) });
    const gone = [...this.#forgotten.splice(0).map((id) => DEVICE + id), ...this.#trim()];
    try {
      await this.#store.batch([
        ...gone.map((key) => ({ type: "del" as const, key })),
        ...puts.map((put) => ({ type: "put" as const, ...put })),
      ]);
    } catch (error) {
      for (const device of settled) this.#dirty.set(device, this.#number);
      this.#failed(textOf(error));
    }
    entries.tell(this.#stored);
  }

  /** The devices that have been in the log alone for so long that they are now stored by themselves. */
  #settle(): Device[] {
    const settled: Device[] = [];
    for (const [device, since] of this.#dirty) {
      if (since > this.#number - this.#lag || settled.length === SLICE) break;
      settled.push(device);
      this.#dirty.delete(device);
    }
    return settled;
  }

  /** The keys of the log of which everything is stored elsewhere. */
  #trim(): string[] {
    const [oldest = this.#number] = this.#dirty.values();
    const until = performance.now() - this.#keep;
    const keys: string[] = [];
    while (keys.length < SLICE && this.#logged[0].number < oldest && this.#logged[0].at < until)
      keys.push(logKey(this.#logged.shift()!.number));
    return keys;
  }

  #stateOf(device: Device): StoredDevice {
    const points = this.#recent.of(device.id).map(({ time, light, led_on }): StoredPoint => [time, light, led_on]);
    return [this.#number, device.boots!.store(), points];
  }
}

/** Many at a time: there may be 100,000 devices. */
const AHEAD = { highWaterMarkBytes: 1_048_576 };
