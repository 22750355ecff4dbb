import type { Telemetry } from "../../../../contract/index.js";
import type { JournalStore } from "../../storage/data-folder.js";
import type { Device, Devices } from "../../devices/devices.js";
import { textOf } from "../../common/errors.js";
import { RETRY, type StorageHealth } from "../../storage/health.js";
import type { HistoryDevice } from "../../history/history.js";
import type { KeptPoint, Recent } from "../../history/recent.js";
import type { ReadingsJournal } from "../share.js";
import { clock } from "../../time/monotonic-clock.js";
import { Backlog, type Written } from "./backlog.js";
import { Batch } from "./batch.js";
import { readLegacy } from "./legacy.js";
import { replay } from "./replay.js";
import { Segments } from "./segments.js";

/** So many readings are in the log as they came, and three for each device; of older ones, what they amount to. */
const LAG = 100_000;
const LAG_PER_DEVICE = 3;
/** The log is kept for so long, in ms: whoever is told of what is stored may be killed before it has stored that. */
const KEEP = 10_000;
/** With one batch no more than about so many words are written of devices whose readings are old. */
const SLICE = 8192;
/** While nothing can be written, so many readings wait; further ones are refused. */
const MOST_WAITING = 100_000;
/** They are written in batches of about so many words. */
const WAITING_BATCH = 65_536;

export interface JournalOptions {
  readonly folder: string;
  /** Where the journal was before it had a folder. */
  readonly store: JournalStore;
  readonly recent: Recent;
  readonly health: StorageHealth;
  /** Told of each reading once it is stored: nobody is to have it before. */
  stored(device: HistoryDevice, point: KeptPoint): void;
  /** How many readings that are stored here nobody else has stored yet: they stay in the log. */
  needed?(): number;
  /** Old files could not be deleted, or not written to the disk. */
  failed(problem: string): void;
  /** Whether the last run has closed the journal, so that its last file must be whole; see `DataFolder.killed`. */
  readonly closed?: boolean;
  /** Told of damage to the files. */
  damaged?(problem: string): void;
  /** For tests; see `LAG`, `KEEP` and `MOST_WAITING`. */
  readonly lag?: number;
  readonly keep?: number;
  readonly mostWaiting?: number;
}

/**
 * Remembers, on disk, the latest readings of every device that numbers them, and which it has delivered: as a log of what
 * came, and, device by device when that is old, of what it amounts to.
 *
 * A reading is acknowledged to whoever delivers it when it is in the log. So `kill -9` leaves it either stored and
 * known, or neither: delivered again, it is stored once. What is stored is safe from the end of this process, not from that of
 * the machine: nobody waits for the disk.
 */
export class Journal implements ReadingsJournal {
  readonly #options: JournalOptions;
  readonly #recent: Recent;
  readonly #segments: Segments;
  #devices: Devices | undefined;
  readonly #batch = new Batch();
  /** Of the batch: whose readings, and which points. */
  #taken: Device[] = [];
  #points: KeptPoint[] = [];
  readonly #backlog = new Backlog();
  /** The next attempt, while nothing can be written. */
  #retry: NodeJS.Timeout | undefined;
  /** Fulfilled when the batch is stored, and those before it; undefined when there is none. */
  #open: Promise<void> | undefined;
  #stored = (): void => {};
  #closed = false;

  constructor(options: JournalOptions) {
    const { folder, recent, keep = KEEP } = options;
    this.#options = options;
    this.#recent = recent;
    this.#segments = new Segments(folder, keep, (error) => options.failed(textOf(error)));
  }

  /**
   * Brings back what was stored. To be called once, before anything is added.
   * @param logged told of each reading in the log: at least those of the last seconds
   */
  async restore(devices: Devices, logged: JournalOptions["stored"]): Promise<void> {
    this.#devices = devices;
    const forget = (device: Device): void => this.#drop(devices, device);
    const targets = { devices, recent: this.#recent, logged, forget };
    const before = await readLegacy(this.#options.store, targets);
    const { closed = false, damaged = () => {} } = this.#options;
    let nameless = 0;
    await this.#segments.load({ closed, damaged }, (segment, batches) => {
      const replayed = replay(segment, batches, targets);
      nameless += replayed.nameless;
      return replayed.readings;
    });
    if (nameless > 0)
      damaged(`Nobody knows whose ${nameless} records in ${this.#options.folder} are: damage has taken the names.`);
    const now = clock.now();
    for (const device of devices) if (device.boots) device.missed(device.boots.holes, now);
    for (const device of before) {
      const last = this.#recent.of(device.id).at(-1);
      if (last) device.remember(last.time, last.light, last.led_on);
    }
    if (before.size > 0) await this.#adopt([...before].filter((device) => devices.get(device.id) === device));
  }

  #drop(devices: Devices, device: Device): void {
    devices.forget(device);
    this.#recent.delete(device.id);
    device.logged = 0;
  }

  /** What was in LevelDB is in the log from now on. */
  async #adopt(devices: Iterable<Device>): Promise<void> {
    for (const device of devices) {
      this.#state(device);
      if (this.#batch.length > SLICE) this.#write();
    }
    // what could not be written is adopted at the next start
    if (this.#write()) await this.#options.store.clear();
  }

  /** Whether so many readings wait that no further one is to be added. */
  get isFull(): boolean {
    return this.#backlog.readings + this.#taken.length >= (this.#options.mostWaiting ?? MOST_WAITING);
  }

  /** Readings that are not acknowledged, because they could not be stored yet. */
  get waiting(): number {
    return this.#retry === undefined ? 0 : this.#backlog.readings + this.#taken.length;
  }

  /**
   * Stores a reading that the device has just delivered, and that is in its `boots` if it numbers readings; fulfilled when
   * that is done. @param live whether it cannot have waited at a broker
   */
  add(device: Device, reading: Telemetry, now: number, live: boolean, point: KeptPoint): Promise<void> {
    this.#batch.reading(device, reading, now, live, point);
    this.#taken.push(device);
    this.#points.push(point);
    if (!device.logged) this.#segments.begin(device);
    return this.#commit();
  }

  /** Fulfilled when all that was added so far is stored. */
  get stored(): Promise<void> {
    return this.#open ?? Promise.resolve();
  }

  /** Drops all that is known of a device. */
  forget(device: Device): Promise<void> {
    this.#batch.forget(device);
    device.logged = 0;
    return this.#commit();
  }

  /** Returns when all is stored that can be. */
  async close(): Promise<void> {
    await this.#options.health.orFailing(this.stored);
    if (this.#retry !== undefined) this.#attempt();
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#segments.close();
  }

  /** What comes in one turn of the event loop is written at its end; what comes while that fails, with the next attempt. */
  #commit(): Promise<void> {
    if (this.#open) {
      if (this.#retry !== undefined && this.#batch.length > WAITING_BATCH) this.#keepBatch();
      return this.#open;
    }
    return (this.#open = new Promise((stored) => {
      this.#stored = stored;
      setImmediate(() => this.#attempt());
    }));
  }

  #attempt(): void {
    if (this.#backlog.isEmpty) this.#settle();
    if (!this.#write()) return;
    this.#open = undefined;
    this.#stored();
  }

  get #lag(): number {
    const { lag = LAG, needed } = this.#options;
    return Math.max(lag, LAG_PER_DEVICE * (this.#devices?.size ?? 0), needed?.() ?? 0);
  }

  /** Adds to the batch what devices amount to whose readings are old. */
  #settle(): void {
    while (this.#batch.length <= SLICE) {
      const device = this.#segments.outdated(this.#lag);
      if (!device) return;
      this.#state(device);
    }
  }

  #state(device: Device): void {
    const points = this.#recent.of(device.id);
    this.#batch.state(device, device.boots?.store() ?? [], points.length > 0 ? points : lastOf(device));
    this.#segments.begin(device);
  }

  /** Writes the batch after those that wait, and tells of their readings. @returns whether that succeeded; otherwise they wait */
  #write(): boolean {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      this.#backlog.drain((batch) => this.#writeBatch(batch));
      if (this.#batch.length > 1)
        this.#writeBatch({ bytes: this.#batch.finish(), taken: this.#taken, points: this.#points });
    } catch (error) {
      this.#keepBatch();
      this.#options.health.failed("readings", error);
      if (!this.#closed) this.#retry = setTimeout(() => this.#attempt(), RETRY);
      return false;
    }
    // the next segment has no names yet
    this.#begin(this.#segments.nextIfFull(this.#lag));
    this.#options.health.works("readings");
    return true;
  }

  #writeBatch({ bytes, taken, points }: Written): void {
    this.#segments.write(bytes, taken.length);
    for (let n = 0; n < taken.length; n++) if (!taken[n].parted) this.#options.stored(taken[n], points[n]);
  }

  /** The batch waits as it is, and another one begins. */
  #keepBatch(): void {
    if (this.#batch.length > 1)
      this.#backlog.add({ bytes: Buffer.from(this.#batch.finish()), taken: this.#taken, points: this.#points });
    this.#begin(false);
  }

  /** Begins another batch. @param anew whether names that were written before are not there for it */
  #begin(anew: boolean): void {
    this.#taken = [];
    this.#points = [];
    this.#batch.clear(anew);
  }
}

/** The last reading of a device whose others are not in memory. */
function lastOf({ shown: { time, light, led_on } }: Device): KeptPoint[] {
  return time === undefined || light === undefined ? [] : [{ time, light, led_on: led_on ?? null, isDated: true }];
}
