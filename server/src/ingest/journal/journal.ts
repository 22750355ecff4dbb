import type { Telemetry } from "../../../../contract/index.js";
import type { Device, Devices } from "../../devices/devices.js";
import { textOf } from "../../common/errors.js";
import { RETRY_INTERVAL, type StorageHealth } from "../../storage/health.js";
import type { HistoryDevice } from "../../history/history.js";
import type { KeptPoint, RecentReadings } from "../../history/recent.js";
import type { ReadingsJournal } from "../readings-journal.js";
import { clock } from "../../time/monotonic-clock.js";
import { Backlog, type WritableBatch } from "./backlog.js";
import { Batch } from "./batch.js";
import { replay } from "./replay.js";
import { Segments } from "./segments.js";

/** Number of latest readings that the log keeps at least. Compaction replaces older readings with device snapshots. */
const MIN_KEPT_READINGS = 100_000;
/** Number of latest readings per device that the log keeps on average, if the total exceeds `MIN_KEPT_READINGS`. */
const MIN_KEPT_PER_DEVICE = 3;
/** How long an unneeded segment (log file) is kept, in ms, because the history may not have stored its readings yet. */
const SEGMENT_RETENTION = 10_000;
/** Size of a batch, in 64-bit words, above which compaction adds no snapshots, so that readings are not delayed. */
const MAX_SNAPSHOT_WORDS = 8192;
/** Maximum number of readings that wait in memory while writes fail. The journal then reports `isFull`. */
const MAX_WAITING = 100_000;
/** While writes fail, a batch above this size, in 64-bit words, moves to the backlog. */
const WAITING_BATCH_WORDS = 65_536;

export interface JournalOptions {
  readonly folder: string;
  readonly recent: RecentReadings;
  readonly health: StorageHealth;
  /** Called with each reading after the journal has stored it. Passes the reading on to the history. */
  stored(device: HistoryDevice, point: KeptPoint): void;
  /** Returns how many readings the history has not stored yet. The log keeps these readings. */
  unwrittenCount?(): number;
  /** Called if old files cannot be deleted or flushed to the disk. */
  failed(problem: string): void;
  /** Whether the last run closed the journal, so that the last file must be complete; see `DataFolder.wasKilled`. */
  readonly closed?: boolean;
  /** Called with a description of each damaged file. */
  reportDamage?(problem: string): void;
  /** Minimum number of readings in the log, for tests; by default `MIN_KEPT_READINGS`. */
  readonly lag?: number;
  /** How long an unneeded segment is kept, in ms, for tests; by default `SEGMENT_RETENTION`. */
  readonly keep?: number;
  /** Maximum number of waiting readings, for tests; by default `MAX_WAITING`. */
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
  readonly #recent: RecentReadings;
  readonly #segments: Segments;
  #devices: Devices | undefined;
  readonly #batch = new Batch();
  /** The device of each reading in the batch. */
  #batchDevices: Device[] = [];
  /** The plotted point of each reading in the batch, in the order of `#batchDevices`. */
  #batchPoints: KeptPoint[] = [];
  readonly #backlog = new Backlog();
  /** Timer that retries a failed write; undefined while writes succeed. */
  #retry: NodeJS.Timeout | undefined;
  /** Resolves when the current batch and all earlier ones are stored; undefined when nothing waits to be written. */
  #pendingWrite: Promise<void> | undefined;
  #stored = (): void => {};
  #closed = false;

  constructor(options: JournalOptions) {
    const { folder, recent, keep = SEGMENT_RETENTION } = options;
    this.#options = options;
    this.#recent = recent;
    this.#segments = new Segments(folder, keep, (error) => options.failed(textOf(error)));
  }

  /**
   * Restores devices and readings from the log. Call this once, before adding readings.
   * @param readingRestored called with each reading in the log, which contains at least those of the last seconds
   */
  async restore(devices: Devices, readingRestored: JournalOptions["stored"]): Promise<void> {
    this.#devices = devices;
    const forget = (device: Device): void => this.#forgetDevice(devices, device);
    const targets = { devices, recent: this.#recent, readingRestored, forget };
    const { closed = false, reportDamage = () => {} } = this.#options;
    let unnamed = 0;
    await this.#segments.load({ closed, reportDamage }, (segment, batches) => {
      const replayed = replay(segment, batches, targets);
      unnamed += replayed.unnamed;
      return replayed.readings;
    });
    if (unnamed > 0)
      reportDamage(
        `${unnamed} records in ${this.#options.folder} belong to unknown devices, because damage has destroyed their names.`,
      );
    const now = clock.now();
    for (const device of devices) if (device.boots) device.updateGaps(device.boots.gapCount, now);
  }

  #forgetDevice(devices: Devices, device: Device): void {
    devices.forget(device);
    this.#recent.delete(device.id);
    device.oldestSegment = 0;
  }

  /** Whether the maximum number of readings is waiting to be stored. If true, do not call `add`. */
  get isFull(): boolean {
    return this.#backlog.readings + this.#batchDevices.length >= (this.#options.mostWaiting ?? MAX_WAITING);
  }

  /** The number of readings that are not acknowledged because they could not be stored yet. */
  get waiting(): number {
    return this.#retry === undefined ? 0 : this.#backlog.readings + this.#batchDevices.length;
  }

  /**
   * Stores a reading. Resolves when the reading is stored.
   * @param now arrival time of the reading, in ms by the monotonic clock
   * @param live false if a broker may have queued the reading
   */
  add(device: Device, reading: Telemetry, now: number, live: boolean, point: KeptPoint): Promise<void> {
    this.#batch.addReading(device, reading, now, live, point);
    this.#batchDevices.push(device);
    this.#batchPoints.push(point);
    if (!device.oldestSegment) this.#segments.moveToPresent(device);
    return this.#scheduleWrite();
  }

  /** Resolves when everything that was added so far is stored. */
  get stored(): Promise<void> {
    return this.#pendingWrite ?? Promise.resolve();
  }

  /** Deletes all data of a device. Resolves when the deletion is stored. */
  forget(device: Device): Promise<void> {
    this.#batch.addForget(device);
    device.oldestSegment = 0;
    return this.#scheduleWrite();
  }

  /** Makes a last attempt to store all waiting readings, and closes the files. */
  async close(): Promise<void> {
    await this.#options.health.waitUnlessFailing(this.stored);
    if (this.#retry !== undefined) this.#tryWrite();
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#segments.close();
  }

  /** Schedules a write at the end of this turn of the event loop, which combines all readings of the turn. */
  #scheduleWrite(): Promise<void> {
    if (this.#pendingWrite) {
      if (this.#retry !== undefined && this.#batch.length > WAITING_BATCH_WORDS) this.#queueBatch();
      return this.#pendingWrite;
    }
    return (this.#pendingWrite = new Promise((stored) => {
      this.#stored = stored;
      setImmediate(() => this.#tryWrite());
    }));
  }

  #tryWrite(): void {
    if (this.#backlog.isEmpty) this.#compact();
    if (!this.#write()) return;
    this.#pendingWrite = undefined;
    this.#stored();
  }

  get #lag(): number {
    const { lag = MIN_KEPT_READINGS, unwrittenCount } = this.#options;
    return Math.max(lag, MIN_KEPT_PER_DEVICE * (this.#devices?.size ?? 0), unwrittenCount?.() ?? 0);
  }

  /** Adds snapshots to the batch for devices whose records are old (compaction). */
  #compact(): void {
    while (this.#batch.length <= MAX_SNAPSHOT_WORDS) {
      const device = this.#segments.nextToCompact(this.#lag);
      if (!device) return;
      this.#snapshot(device);
    }
  }

  #snapshot(device: Device): void {
    const points = this.#recent.pointsOf(device.id);
    this.#batch.addSnapshot(device, device.boots?.toStored() ?? [], points.length > 0 ? points : lastOf(device));
    this.#segments.moveToPresent(device);
  }

  /** Writes all waiting batches and the current one. Returns false if a write fails; the remaining batches then wait. */
  #write(): boolean {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      this.#backlog.drain((batch) => this.#writeBatch(batch));
      if (this.#batch.length > 1)
        this.#writeBatch({ bytes: this.#batch.finish(), devices: this.#batchDevices, points: this.#batchPoints });
    } catch (error) {
      this.#queueBatch();
      this.#options.health.failed("readings", error);
      if (!this.#closed) this.#retry = setTimeout(() => this.#tryWrite(), RETRY_INTERVAL);
      return false;
    }
    // A new segment contains no device ids yet, so the batch must add them again.
    this.#clearBatch(this.#segments.nextIfFull(this.#lag));
    this.#options.health.succeeded("readings");
    return true;
  }

  #writeBatch({ bytes, devices, points }: WritableBatch): void {
    this.#segments.write(bytes, devices.length);
    for (let n = 0; n < devices.length; n++) if (!devices[n].isDetached) this.#options.stored(devices[n], points[n]);
  }

  /** Moves the current batch to the backlog, so that it is written later, and begins another batch. */
  #queueBatch(): void {
    if (this.#batch.length > 1)
      this.#backlog.add({
        bytes: Buffer.from(this.#batch.finish()),
        devices: this.#batchDevices,
        points: this.#batchPoints,
      });
    this.#clearBatch(false);
  }

  /** Begins another batch. @param anew whether the batch begins a new segment */
  #clearBatch(anew: boolean): void {
    this.#batchDevices = [];
    this.#batchPoints = [];
    this.#batch.clear(anew);
  }
}

/** Returns a device's displayed reading for its snapshot, when memory holds no recent readings; empty if there is none. */
function lastOf({ displayed: { time, light, led_on } }: Device): KeptPoint[] {
  return time === undefined || light === undefined ? [] : [{ time, light, led_on: led_on ?? null, isDated: true }];
}
