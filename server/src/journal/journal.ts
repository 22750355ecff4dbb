import type { Telemetry } from "../../../contract/index.js";
import { convertBoot } from "../boots.js";
import type { JournalStore } from "../data.js";
import type { Device, Devices } from "../devices.js";
import { textOf } from "../errors.js";
import type { Recorded } from "../history/history.js";
import type { KeptPoint, Recent } from "../recent.js";
import type { ReadingsJournal } from "../share.js";
import { clock } from "../time/monotonic-clock.js";
import { Batch } from "./batch.js";
import { readLegacy } from "./legacy.js";
import { readSegment } from "./read.js";
import type { Segment } from "./segment.js";
import { enter, Segments } from "./segments.js";

/** So many readings are in the log as they came, and three for each device; of older ones, what they amount to. */
const LAG = 100_000;
const LAG_PER_DEVICE = 3;
/** The log is kept for so long, in ms: whoever is told of what is stored may be killed before it has stored that. */
const KEEP = 10_000;
/** With one batch no more than about so many words are written of devices whose readings are old. */
const SLICE = 8192;
/** That nothing can be written is told this often at most, in ms. */
const TELL = 60_000;

export interface JournalOptions {
  readonly folder: string;
  /** Where the journal was before it had a folder. */
  readonly store: JournalStore;
  readonly recent: Recent;
  /** Told of each reading once it is stored, or was told to have failed: nobody is to have it before. */
  stored(device: Recorded, point: KeptPoint): void;
  failed(problem: string): void;
  /** Whether the last run has closed the journal, so that its last file must be whole; see `DataFolder.killed`. */
  readonly closed?: boolean;
  /** Told of damage to the files. */
  damaged?(problem: string): void;
  /** For tests; see `LAG` and `KEEP`. */
  readonly lag?: number;
  readonly keep?: number;
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
  /** Of the batch: whose readings, which points, and of which devices it has what they amount to. */
  #taken: Device[] = [];
  #points: KeptPoint[] = [];
  #stated: Device[] = [];
  /** Devices of which something could not be written. */
  readonly #unsaved = new Set<Device>();
  #failing = false;
  #toldAt = -Infinity;
  /** Fulfilled when the batch is stored; undefined when there is none. */
  #open: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    const { folder, recent, keep = KEEP } = options;
    this.#options = options;
    this.#recent = recent;
    this.#segments = new Segments(folder, keep, (error) => this.#tell(error));
  }

  /**
   * Brings back what was stored. To be called once, before anything is added.
   * @param logged told of each reading in the log: at least those of the last seconds
   */
  async restore(devices: Devices, logged: JournalOptions["stored"]): Promise<void> {
    this.#devices = devices;
    const forget = (device: Device): void => this.#drop(devices, device);
    const before = await readLegacy(this.#options.store, { devices, recent: this.#recent, logged, forget });
    const { closed = false, damaged = () => {} } = this.#options;
    let nameless = 0;
    await this.#segments.load({ closed, damaged }, (segment, batches) => {
      const replayed = this.#replay(devices, logged, segment, batches);
      nameless += replayed.nameless;
      return replayed.readings;
    });
    if (nameless > 0)
      damaged(`Nobody knows whose ${nameless} records in ${this.#options.folder} are: damage has taken the names.`);
    const now = clock.now();
    for (const device of devices) if (device.boots) device.missed(device.boots.holes, now);
    if (before.size > 0) await this.#adopt([...before].filter((device) => devices.get(device.id) === device));
  }

  #replay(
    devices: Devices,
    logged: JournalOptions["stored"],
    segment: Segment,
    batches: readonly Buffer[],
  ): { readings: number; nameless: number } {
    let readings = 0;
    const nameless = readSegment(batches, {
      reading: (id, reading, wallTime, live, written) => {
        readings++;
        const point = { ...written, isDated: true };
        const device = devices.obtain(id, true);
        logged(device ?? { id, recorded: 0 }, point);
        if (!device) return;
        if (reading.boot !== undefined && reading.seq !== undefined)
          device.obtainBoots().place(reading.boot, reading.seq, reading, clock.fromWall(wallTime), live);
        this.#recent.add(id, point);
        if (!device.logged) enter(device, segment);
      },
      state: (id, boots, points) => {
        const device = devices.obtain(id, true);
        if (!device) return;
        device.restoreBoots(boots.map((boot) => convertBoot(boot, (time) => clock.fromWall(time))));
        this.#recent.delete(id);
        for (const point of points) this.#recent.add(id, { ...point, isDated: true });
        enter(device, segment);
      },
      forget: (id) => {
        const device = devices.get(id);
        if (device) this.#drop(devices, device);
      },
    });
    return { readings, nameless };
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
    this.#write();
    if (!this.#failing) await this.#options.store.clear();
  }

  /**
   * Stores a reading that the device has just delivered, and that is in its `boots`; fulfilled when that is done, or was told
   * to have failed. @param live whether it cannot have waited at a broker
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
    this.#unsaved.delete(device);
    device.logged = 0;
    return this.#commit();
  }

  /** Returns when all is stored. */
  async close(): Promise<void> {
    await this.stored;
    await this.#segments.close();
  }

  /** What comes in one turn of the event loop is written at its end. */
  #commit(): Promise<void> {
    return (this.#open ??= new Promise((stored) => {
      setImmediate(() => {
        this.#open = undefined;
        this.#settle();
        this.#write();
        stored();
      });
    }));
  }

  get #lag(): number {
    return Math.max(this.#options.lag ?? LAG, LAG_PER_DEVICE * (this.#devices?.size ?? 0));
  }

  /** Adds to the batch what devices amount to of which something could not be written, or whose readings are old. */
  #settle(): void {
    if (this.#failing) return;
    for (const device of this.#unsaved) {
      if (this.#batch.length > SLICE) return;
      this.#state(device);
    }
    while (this.#batch.length <= SLICE) {
      const device = this.#segments.outdated(this.#lag);
      if (!device) return;
      this.#state(device);
    }
  }

  #state(device: Device): void {
    this.#batch.state(device, device.boots?.store() ?? [], this.#recent.of(device.id));
    this.#segments.begin(device);
    this.#stated.push(device);
    this.#unsaved.delete(device);
  }

  /** Writes the batch, and tells of its readings. */
  #write(): void {
    const taken = this.#taken;
    const points = this.#points;
    const stated = this.#stated;
    this.#taken = [];
    this.#points = [];
    this.#stated = [];
    let anew = true;
    try {
      anew = this.#segments.write(this.#batch.finish(), taken.length, this.#lag, this.#unsaved.size > 0);
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      for (const devices of [taken, stated]) for (const device of devices) if (device.logged) this.#unsaved.add(device);
      this.#tell(error);
    }
    this.#batch.clear(anew);
    for (let n = 0; n < taken.length; n++) this.#options.stored(taken[n], points[n]);
  }

  #tell(error: unknown): void {
    const now = performance.now();
    if (now - this.#toldAt < TELL) return;
    this.#toldAt = now;
    this.#options.failed(textOf(error));
  }
}
