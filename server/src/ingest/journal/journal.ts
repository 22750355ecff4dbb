import type { Telemetry } from "../../../../contract/index.js";
import type { Device, Devices } from "../../devices/devices.js";
import { textOf } from "../../common/errors.js";
import { RETRY, type StorageHealth } from "../../storage/health.js";
import type { HistoryDevice } from "../../history/history.js";
import type { KeptPoint, Recent } from "../../history/recent.js";
import type { ReadingsJournal } from "../readings-journal.js";
import { clock } from "../../time/monotonic-clock.js";
import { Backlog, type Written } from "./backlog.js";
import { Batch } from "./batch.js";
import { replay } from "./replay.js";
import { Segments } from "./segments.js";

/** Minimum number of readings in the log: this total, or this many per device if that is more. Older ones are compacted. */
const LAG = 100_000;
const LAG_PER_DEVICE = 3;
/** How long an unneeded segment is kept, in ms, because the history may not have stored its readings yet. */
const KEEP = 10_000;
/** Maximum size of the snapshots in a batch, in words, so that compaction does not delay readings. */
const SLICE = 8192;
/** Maximum number of readings that wait in memory while writes fail. The journal then reports `isFull`. */
const MOST_WAITING = 100_000;
/** Maximum size of a batch of waiting readings, in words. */
const WAITING_BATCH = 65_536;

export interface JournalOptions {
  readonly folder: string;
  readonly recent: Recent;
  readonly health: StorageHealth;
  /** Called with each reading after the journal has stored it. Passes the reading on to the history. */
  stored(device: HistoryDevice, point: KeptPoint): void;
  /** Returns how many readings the history has not stored yet. The log keeps these readings. */
  needed?(): number;
  /** Called if old files cannot be deleted or flushed to the disk. */
  failed(problem: string): void;
  /** Whether the last run closed the journal, so that the last file must be complete; see `DataFolder.killed`. */
  readonly closed?: boolean;
  /** Called with a description of each damaged file. */
  damaged?(problem: string): void;
  /** Tests set this and the next two fields instead of `LAG`, `KEEP` and `MOST_WAITING`. */
  readonly lag?: number;
  readonly keep?: number;
  readonly mostWaiting?: number;
}

/**
 * A write-ahead log of readings. The log holds the latest readings of every device, and the sequence numbers that each
 * device has delivered. Compaction replaces old readings by one snapshot per device.
 *
 * A reading is acknowledged when it is in the log. So after `kill -9` a reading is either in the log, which detects
 * duplicates, or the broker delivers the reading again. The log survives the end of the process but not a power failure,
 * because readings do not wait for the disk.
 */
export class Journal implements ReadingsJournal {
  readonly #options: JournalOptions;
  readonly #recent: Recent;
  readonly #segments: Segments;
  #devices: Devices | undefined;
  readonly #batch = new Batch();
  /** The device of each reading in the batch, and in the next array the point in the light plot. */
  #taken: Device[] = [];
  #points: KeptPoint[] = [];
  readonly #backlog = new Backlog();
  /** Timer of the next attempt while writes fail. */
  #retry: NodeJS.Timeout | undefined;
  /** Resolves when the current batch and all earlier ones are stored; undefined when nothing waits to be written. */
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
   * Restores the journal. Call this once, before adding readings.
   * @param logged called with each reading in the log, at least with those of the last seconds
   */
  async restore(devices: Devices, logged: JournalOptions["stored"]): Promise<void> {
    this.#devices = devices;
    const forget = (device: Device): void => this.#drop(devices, device);
    const targets = { devices, recent: this.#recent, logged, forget };
    const { closed = false, damaged = () => {} } = this.#options;
    let nameless = 0;
    await this.#segments.load({ closed, damaged }, (segment, batches) => {
      const replayed = replay(segment, batches, targets);
      nameless += replayed.nameless;
      return replayed.readings;
    });
    if (nameless > 0)
      damaged(
        `${nameless} records in ${this.#options.folder} belong to unknown devices, because damage has destroyed their names.`,
      );
    const now = clock.now();
    for (const device of devices) if (device.boots) device.countMissing(device.boots.holes, now);
  }

  #drop(devices: Devices, device: Device): void {
    devices.forget(device);
    this.#recent.delete(device.id);
    device.logged = 0;
  }

  /** Whether the maximum number of readings wait to be stored. If true, do not call `add`. */
  get isFull(): boolean {
    return this.#backlog.readings + this.#taken.length >= (this.#options.mostWaiting ?? MOST_WAITING);
  }

  /** The number of readings that are not acknowledged because they could not be stored yet. */
  get waiting(): number {
    return this.#retry === undefined ? 0 : this.#backlog.readings + this.#taken.length;
  }

  /**
   * Stores a reading. Resolves when the reading is stored.
   * @param now when the reading arrived @param live false if a broker may have queued the reading
   */
  add(device: Device, reading: Telemetry, now: number, live: boolean, point: KeptPoint): Promise<void> {
    this.#batch.reading(device, reading, now, live, point);
    this.#taken.push(device);
    this.#points.push(point);
    if (!device.logged) this.#segments.begin(device);
    return this.#commit();
  }

  /** Resolves when everything that was added so far is stored. */
  get stored(): Promise<void> {
    return this.#open ?? Promise.resolve();
  }

  /** Deletes all data of a device. Resolves when the deletion is stored. */
  forget(device: Device): Promise<void> {
    this.#batch.forget(device);
    device.logged = 0;
    return this.#commit();
  }

  /** Makes a last attempt to store all waiting readings, and closes the files. */
  async close(): Promise<void> {
    await this.#options.health.waitUnlessFailing(this.stored);
    if (this.#retry !== undefined) this.#attempt();
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#segments.close();
  }

  /** Schedules a write at the end of this turn of the event loop, which combines all readings of the turn. */
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
    if (this.#backlog.isEmpty) this.#compact();
    if (!this.#write()) return;
    this.#open = undefined;
    this.#stored();
  }

  get #lag(): number {
    const { lag = LAG, needed } = this.#options;
    return Math.max(lag, LAG_PER_DEVICE * (this.#devices?.size ?? 0), needed?.() ?? 0);
  }

  /** Adds snapshots to the batch for devices whose records are old (compaction). */
  #compact(): void {
    while (this.#batch.length <= SLICE) {
      const device = this.#segments.outdated(this.#lag);
      if (!device) return;
      this.#snapshot(device);
    }
  }

  #snapshot(device: Device): void {
    const points = this.#recent.of(device.id);
    this.#batch.state(device, device.boots?.store() ?? [], points.length > 0 ? points : lastOf(device));
    this.#segments.begin(device);
  }

  /** Writes all waiting batches and the current one. Returns false if a write fails; the remaining batches then wait. */
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
    // A new segment contains no device ids yet, so the batch must add them again.
    this.#begin(this.#segments.nextIfFull(this.#lag));
    this.#options.health.succeeded("readings");
    return true;
  }

  #writeBatch({ bytes, taken, points }: Written): void {
    this.#segments.write(bytes, taken.length);
    for (let n = 0; n < taken.length; n++) if (!taken[n].parted) this.#options.stored(taken[n], points[n]);
  }

  /** Moves the batch to the backlog and begins another one. */
  #keepBatch(): void {
    if (this.#batch.length > 1)
      this.#backlog.add({ bytes: Buffer.from(this.#batch.finish()), taken: this.#taken, points: this.#points });
    this.#begin(false);
  }

  /** Begins another batch. @param anew whether the batch begins a new segment */
  #begin(anew: boolean): void {
    this.#taken = [];
    this.#points = [];
    this.#batch.clear(anew);
  }
}

/** Returns the last known reading of a device whose recent readings are not in memory. */
function lastOf({ shown: { time, light, led_on } }: Device): KeptPoint[] {
  return time === undefined || light === undefined ? [] : [{ time, light, led_on: led_on ?? null, isDated: true }];
}
