import { unlink } from "node:fs/promises";
import type { Device } from "../../devices/devices.js";
import { LogFile, listLogNumbers, logFilePath } from "../../storage/append-log.js";
import { recoverLog } from "../../storage/log-recovery.js";
import type { ReportDamage } from "../../storage/damage.js";
import { createSegment, type Segment } from "./segment.js";

/** A segment (log file) is full when it contains a quarter of the readings to keep, so four full segments hold them. */
const TARGET_SEGMENT_COUNT = 4;
/**
 * Maximum number of needed segments; above it, the oldest is compacted. The limit matters because each start of the
 * server adds a segment.
 */
const MAX_SEGMENT_COUNT = 16;
/** The size at which a new segment begins, in bytes. */
const MAX_SEGMENT_BYTES = 16_777_216;

/** Explains in a damage report what a segment contains, and what the damage causes. */
const DAMAGE_CONSEQUENCE =
  "It holds readings that the server has acknowledged: some may be missing, and some may be stored twice if they are delivered again.";

/** The files of the journal, which is a segmented log with compaction. Segments that no device needs are deleted. */
export class Segments {
  readonly #folder: string;
  readonly #retention: number;
  readonly #failed: (error: unknown) => void;
  /** All segments, oldest first. The last one is being written. */
  #all: Segment[] = [createSegment(1)];
  #file: LogFile;
  /** How many segments at the start of `#all` no device needs. They will be deleted. */
  #unneeded = 0;
  /** Number of readings in the segments that are still needed. */
  #readings = 0;
  /** Resolves when the ended segments are on the disk and the unneeded segments are deleted. */
  #retiring: Promise<void> = Promise.resolve();

  /** @param retention how long an unneeded segment is kept, in ms */
  constructor(folder: string, retention: number, failed: (error: unknown) => void) {
    this.#folder = folder;
    this.#retention = retention;
    this.#failed = failed;
    this.#file = new LogFile(logFilePath(folder, this.#current.number));
  }

  /**
   * Reads all segments and reports damage.
   * @param closed whether the last run closed the journal, so that the last file must be complete
   * @param replay restores a segment and returns its number of readings
   */
  async load(
    { closed, reportDamage }: { closed: boolean; reportDamage: ReportDamage },
    replay: (segment: Segment, batches: readonly Buffer[]) => number,
  ): Promise<void> {
    const earlierSegments = (await listLogNumbers(this.#folder)).map(createSegment);
    for (const segment of earlierSegments) {
      const mustHaveEndMark = closed || segment !== earlierSegments.at(-1);
      const file = logFilePath(this.#folder, segment.number);
      const { payloads } = await recoverLog(file, { mustHaveEndMark, consequence: DAMAGE_CONSEQUENCE, reportDamage });
      segment.readingCount = replay(segment, payloads);
      this.#readings += segment.readingCount;
    }
    // A new run never appends to files of earlier runs.
    const present = createSegment((earlierSegments.at(-1)?.number ?? 0) + 1);
    this.#all = [...earlierSegments, present];
    this.#file = new LogFile(logFilePath(this.#folder, present.number));
  }

  get #current(): Segment {
    return this.#all.at(-1)!;
  }

  /** Records that the device needs only the current segment, because all its data is or will be there. */
  assignCurrentSegment(device: Device): void {
    assignSegment(device, this.#current);
  }

  /** Writes a batch. @param readings number of readings in the batch @throws Error if the batch cannot be written */
  write(batch: Buffer, readings: number): void {
    this.#file.write(batch);
    this.#current.readingCount += readings;
    this.#readings += readings;
  }

  /**
   * Begins a new segment if the current one is full. Returns true if a new segment has begun.
   * @param minKeptReadings number of readings to keep
   */
  startNextIfFull(minKeptReadings: number): boolean {
    if (this.#current.readingCount < minKeptReadings / TARGET_SEGMENT_COUNT && this.#file.length < MAX_SEGMENT_BYTES)
      return false;
    this.#startNext(this.#unneeded);
    return true;
  }

  /**
   * Returns a device whose snapshot must be written, because its records are older than the latest `minKeptReadings` readings or
   * because there are too many segments. Returns undefined if there is no such device.
   */
  findDeviceToCompact(minKeptReadings: number): Device | undefined {
    for (;;) {
      const needed = this.#all.length - this.#unneeded;
      if (needed === 1 || (this.#readings <= minKeptReadings && needed <= MAX_SEGMENT_COUNT)) return undefined;
      const segment = this.#all[this.#unneeded];
      const device = segment.devices.pop();
      if (device?.oldestSegment === segment.number) return device;
      if (!device) {
        this.#unneeded++;
        this.#readings -= segment.readingCount;
      }
    }
  }

  /** Begins a new segment. @param unneeded how many of the oldest segments to delete */
  #startNext(unneeded: number): void {
    const [ended, file] = [this.#current, this.#file];
    ended.endedAt = performance.now();
    // Delete old segments only after the ended segment is on the disk, because the ended segment may contain the newer
    // records of the devices in the old segments.
    const unneededSegments = this.#all.slice(0, unneeded);
    const next = createSegment(ended.number + 1);
    this.#all.push(next);
    this.#file = new LogFile(logFilePath(this.#folder, next.number));
    this.#retiring = this.#retiring.then(() => this.#retire(file, unneededSegments)).catch(this.#failed);
  }

  /**
   * Closes and syncs a file, then deletes unneeded files, oldest first. In another order, a record that deletes a device
   * could disappear before older records of the device, which would then restore the device.
   */
  async #retire(file: LogFile, unneeded: readonly Segment[]): Promise<void> {
    file.close();
    await file.sync();
    for (const segment of unneeded) {
      if (segment !== this.#all[0] || segment.endedAt > performance.now() - this.#retention) return;
      await unlink(logFilePath(this.#folder, segment.number));
      this.#all.shift();
      this.#unneeded--;
    }
  }

  async close(): Promise<void> {
    this.#file.close();
    await this.#retiring;
  }
}

/** Records that the device needs this segment and no earlier one. */
export function assignSegment(device: Device, segment: Segment): void {
  device.oldestSegment = segment.number;
  segment.devices.push(device);
}
