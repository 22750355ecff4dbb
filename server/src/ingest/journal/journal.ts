import type { Telemetry } from "../../../../contract/index.js";
import type { Device, Devices } from "../../devices/devices.js";
import { textOf } from "../../common/errors.js";
import { RETRY_INTERVAL, type StorageHealth } from "../../storage/health.js";
import type { HistoryDevice } from "../../history/history.js";
import type { KeptPoint, RecentReadings } from "../../history/recent.js";
import type { ReadingsJournal } from "../readings-journal.js";
import { clock } from "../../time/monotonic-clock.js";
import { BatchQueue, type WritableBatch } from "./batch-queue.js";
import { JournalBatch } from "./batch.js";
import { replaySegment } from "./replay.js";
import { Segments } from "./segments.js";

/** The log keeps at least this many of the latest readings. Compaction replaces older ones with device snapshots. */
const MIN_KEPT_READINGS = 100_000;
/** With many devices, the log keeps this many readings per device on average, instead of `MIN_KEPT_READINGS` in total. */
const MIN_KEPT_READINGS_PER_DEVICE = 3;
/** How long an unneeded segment (log file) is kept, in ms, because the history may not have stored its readings yet. */
const SEGMENT_RETENTION_TIME = 10_000;
/** Size of a batch, in 64-bit words, above which compaction adds no snapshots, so that readings are not delayed. */
const MAX_SNAPSHOT_WORDS = 8192;
/** Maximum number of readings that wait in memory while writes fail. The journal then reports `isFull`. */
const MAX_WAITING_READINGS = 100_000;
/** While writes fail, a batch above this size, in 64-bit words, moves to the queue of unwritten batches. */
const MAX_WAITING_BATCH_WORDS = 65_536;

export interface JournalOptions {
  readonly folder: string;
  readonly recent: RecentReadings;
  readonly health: StorageHealth;
  /** Called with each reading after the journal has stored it, so that the history can store it too. */
  readingStored(device: HistoryDevice, point: KeptPoint): void;
  /** Returns how many readings the history has not stored yet. The log keeps these readings. */
  unwrittenCount?(): number;
  /** Called if old files cannot be deleted or flushed to the disk. */
  cleanupFailed(problem: string): void;
  /** Whether the last run closed the journal, so that the last file must be complete; see `DataFolder.wasKilled`. */
  readonly wasClosed?: boolean;
  /** Called with a description of each damaged file. */
  reportDamage?(problem: string): void;
  /** Minimum number of readings in the log, for tests; by default `MIN_KEPT_READINGS`. */
  readonly minKeptReadings?: number;
  /** How long an unneeded segment is kept, in ms, for tests; by default `SEGMENT_RETENTION_TIME`. */
  readonly segmentRetention?: number;
  /** Maximum number of waiting readings, for tests; by default `MAX_WAITING_READINGS`. */
  readonly maxWaiting?: number;
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
  readonly #batch = new JournalBatch();
  /** The device of each reading in the batch. */
  #batchDevices: Device[] = [];
  /** The plotted point of each reading in the batch, in the order of `#batchDevices`. */
  #batchPoints: KeptPoint[] = [];
  readonly #batchQueue = new BatchQueue();
  /** Timer that retries a failed write; undefined while writes succeed. */
  #retryTimer: NodeJS.Timeout | undefined;
  /** Resolves when the current batch and all earlier ones are stored; undefined when nothing waits to be written. */
  #pendingWrite: Promise<void> | undefined;
  #resolvePendingWrite = (): void => {};
  #closed = false;

  constructor(options: JournalOptions) {
    const { folder, recent, segmentRetention = SEGMENT_RETENTION_TIME } = options;
    this.#options = options;
    this.#recent = recent;
    this.#segments = new Segments(folder, segmentRetention, (error) => options.cleanupFailed(textOf(error)));
  }

  /**
   * Restores devices and readings from the log. Call this once, before adding readings.
   * @param readingRestored called with each reading in the log; the log contains at least every reading that the history
   *   may not have written yet
   */
  async restore(devices: Devices, readingRestored: JournalOptions["readingStored"]): Promise<void> {
    this.#devices = devices;
    const forget = (device: Device): void => this.#forgetDevice(devices, device);
    const targets = { devices, recent: this.#recent, readingRestored, forget };
    const { wasClosed = false, reportDamage = () => {} } = this.#options;
    let unnamed = 0;
    await this.#segments.load({ closed: wasClosed, reportDamage }, (segment, batches) => {
      const replayed = replaySegment(segment, batches, targets);
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
    return (
      this.#batchQueue.readingCount + this.#batchDevices.length >= (this.#options.maxWaiting ?? MAX_WAITING_READINGS)
    );
  }

  /** The number of readings that are not acknowledged because they could not be stored yet. */
  get waitingCount(): number {
    return this.#retryTimer === undefined ? 0 : this.#batchQueue.readingCount + this.#batchDevices.length;
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
    if (!device.oldestSegment) this.#segments.assignCurrentSegment(device);
    return this.#scheduleWrite();
  }

  /** Resolves when everything that was added so far is stored. */
  get whenStored(): Promise<void> {
    return this.#pendingWrite ?? Promise.resolve();
  }

  /** Deletes all data of a device. Resolves when the deletion is stored. */
  forget(device: Device): Promise<void> {
    this.#batch.addForgetRecord(device);
    device.oldestSegment = 0;
    return this.#scheduleWrite();
  }

  /** Makes a last attempt to store all waiting readings, and closes the files. */
  async close(): Promise<void> {
    await this.#options.health.waitUnlessFailing(this.whenStored);
    if (this.#retryTimer !== undefined) this.#tryWrite();
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    await this.#segments.close();
  }

  /** Schedules a write at the end of this turn of the event loop, which combines all readings of the turn. */
  #scheduleWrite(): Promise<void> {
    if (this.#pendingWrite) {
      if (this.#retryTimer !== undefined && this.#batch.length > MAX_WAITING_BATCH_WORDS) this.#queueBatch();
      return this.#pendingWrite;
    }
    return (this.#pendingWrite = new Promise((stored) => {
      this.#resolvePendingWrite = stored;
      setImmediate(() => this.#tryWrite());
    }));
  }

  #tryWrite(): void {
    if (this.#batchQueue.isEmpty) this.#compact();
    if (!this.#write()) return;
    this.#pendingWrite = undefined;
    this.#resolvePendingWrite();
  }

  get #readingsToKeep(): number {
    const { minKeptReadings = MIN_KEPT_READINGS, unwrittenCount } = this.#options;
    return Math.max(
      minKeptReadings,
      MIN_KEPT_READINGS_PER_DEVICE * (this.#devices?.size ?? 0),
      unwrittenCount?.() ?? 0,
    );
  }

  /** Adds snapshots to the batch for devices whose records are old (compaction). */
  #compact(): void {
    while (this.#batch.length <= MAX_SNAPSHOT_WORDS) {
      const device = this.#segments.findDeviceToCompact(this.#readingsToKeep);
      if (!device) return;
      this.#snapshot(device);
    }
  }

  #snapshot(device: Device): void {
    const points = this.#recent.pointsOf(device.id);
    this.#batch.addSnapshot(
      device,
      device.boots?.toStoredBoots() ?? [],
      points.length > 0 ? points : displayedPointsOf(device),
    );
    this.#segments.assignCurrentSegment(device);
  }

  /** Writes all waiting batches and the current one. Returns false if a write fails; the remaining batches then wait. */
  #write(): boolean {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    try {
      this.#batchQueue.drain((batch) => this.#writeBatch(batch));
      if (this.#batch.length > 1)
        this.#writeBatch({ bytes: this.#batch.finish(), devices: this.#batchDevices, points: this.#batchPoints });
    } catch (error) {
      this.#queueBatch();
      this.#options.health.recordFailure("readings", error);
      if (!this.#closed) this.#retryTimer = setTimeout(() => this.#tryWrite(), RETRY_INTERVAL);
      return false;
    }
    // A new segment contains no device ids yet, so the batch must add them again.
    this.#beginNextBatch(this.#segments.startNextIfFull(this.#readingsToKeep));
    this.#options.health.recordSuccess("readings");
    return true;
  }

  #writeBatch({ bytes, devices, points }: WritableBatch): void {
    this.#segments.write(bytes, devices.length);
    for (let n = 0; n < devices.length; n++)
      if (!devices[n].isDetached) this.#options.readingStored(devices[n], points[n]);
  }

  /** Moves the current batch to the queue of unwritten batches, so that it is written later, and begins another batch. */
  #queueBatch(): void {
    if (this.#batch.length > 1)
      this.#batchQueue.add({
        bytes: Buffer.from(this.#batch.finish()),
        devices: this.#batchDevices,
        points: this.#batchPoints,
      });
    this.#beginNextBatch(false);
  }

  /** Begins another batch. @param beginsSegment whether the batch begins a new segment */
  #beginNextBatch(beginsSegment: boolean): void {
    this.#batchDevices = [];
    this.#batchPoints = [];
    this.#batch.beginNextBatch(beginsSegment);
  }
}

/** Returns the points for the snapshot of a device without recent readings: the reading that the dashboard displays. */
function displayedPointsOf({ displayedReading: { time, light, led_on } }: Device): KeptPoint[] {
  return time === undefined || light === undefined ? [] : [{ time, light, led_on: led_on ?? null, isDated: true }];
}
