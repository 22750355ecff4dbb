import { unlink } from "node:fs/promises";
import type { Device } from "../../devices/devices.js";
import { LogFile, logNumbers, logPath } from "../../storage/append-log.js";
import { recoverLog } from "../../storage/log-recovery.js";
import type { ReportDamage } from "../../storage/damage.js";
import { newSegment, type Segment } from "./segment.js";

/** Segments that are needed: the log in so many parts, and one more for each start since. */
const PARTS = 4;
const MOST = 16;
/** A segment has no more bytes than about this. */
const MOST_BYTES = 16_777_216;

/** What damage to the journal means. */
const HOLDS =
  "It holds readings that the server has acknowledged: some may be missing, and some may be stored twice if they are delivered again.";

/** The journal's files, oldest first: which is written, and which nobody needs any more. */
export class Segments {
  readonly #folder: string;
  readonly #keep: number;
  readonly #failed: (error: unknown) => void;
  /** The last is being written. */
  #all: Segment[] = [newSegment(1)];
  #file: LogFile;
  /** How many of the oldest no device needs, and how many readings are in the others. */
  #settled = 0;
  #readings = 0;
  /** Fulfilled when what has ended is on the disk, and what nobody needs is deleted. */
  #retiring: Promise<void> = Promise.resolve();

  /** @param keep for how long, in ms, a segment stays that nobody needs */
  constructor(folder: string, keep: number, failed: (error: unknown) => void) {
    this.#folder = folder;
    this.#keep = keep;
    this.#failed = failed;
    this.#file = new LogFile(logPath(folder, this.#present.number));
  }

  /**
   * Reads those that are there, and reports damage.
   * @param closed whether the last run has closed them, so that the last file must be whole
   * @param replay tells what is in one, and gives how many readings that is
   */
  async load(
    { closed, damaged }: { closed: boolean; damaged: ReportDamage },
    replay: (segment: Segment, batches: readonly Buffer[]) => number,
  ): Promise<void> {
    const before = (await logNumbers(this.#folder)).map(newSegment);
    for (const segment of before) {
      const whole = closed || segment !== before.at(-1);
      const file = logPath(this.#folder, segment.number);
      const { payloads } = await recoverLog(file, { closed: whole, holds: HOLDS, damaged });
      segment.readings = replay(segment, payloads);
      this.#readings += segment.readings;
    }
    // files of earlier runs are not written on
    const present = newSegment((before.at(-1)?.number ?? 0) + 1);
    this.#all = [...before, present];
    this.#file = new LogFile(logPath(this.#folder, present.number));
  }

  get #present(): Segment {
    return this.#all.at(-1)!;
  }

  /** Of this device everything that counts is in the present segment, or will be. */
  begin(device: Device): void {
    enter(device, this.#present);
  }

  /** Writes a batch with so many readings. @throws Error when it cannot be written */
  write(batch: Buffer, readings: number): void {
    this.#file.write(batch);
    this.#present.readings += readings;
    this.#readings += readings;
  }

  /** Begins another segment when this one has its part of `lag`. @returns whether that is so */
  nextIfFull(lag: number): boolean {
    if (this.#present.readings < lag / PARTS && this.#file.length < MOST_BYTES) return false;
    this.#next(this.#settled);
    return true;
  }

  /**
   * A device whose readings are older than the latest `lag`, or in one segment too many: what they amount to is to be
   * written now. Undefined when there is none.
   */
  outdated(lag: number): Device | undefined {
    for (;;) {
      const needed = this.#all.length - this.#settled;
      if (needed === 1 || (this.#readings <= lag && needed <= MOST)) return undefined;
      const segment = this.#all[this.#settled];
      const device = segment.devices.pop();
      if (device?.logged === segment.number) return device;
      if (!device) {
        this.#settled++;
        this.#readings -= segment.readings;
      }
    }
  }

  /** Begins a segment, and deletes so many of the oldest. */
  #next(settled: number): void {
    const [ended, file] = [this.#present, this.#file];
    ended.ended = performance.now();
    // what devices moved on to is in what ended, at the latest
    const gone = this.#all.slice(0, settled);
    const next = newSegment(ended.number + 1);
    this.#all.push(next);
    this.#file = new LogFile(logPath(this.#folder, next.number));
    this.#retiring = this.#retiring.then(() => this.#retire(file, gone)).catch(this.#failed);
  }

  /** Ends a file, and deletes those that nobody needs, the oldest first: one that forgets a device outlives what it forgets. */
  async #retire(file: LogFile, gone: readonly Segment[]): Promise<void> {
    file.close();
    await file.sync();
    for (const segment of gone) {
      if (segment !== this.#all[0] || segment.ended > performance.now() - this.#keep) return;
      await unlink(logPath(this.#folder, segment.number));
      this.#all.shift();
      this.#settled--;
    }
  }

  async close(): Promise<void> {
    this.#file.close();
    await this.#retiring;
  }
}

/** From now on the device needs this segment, and none before it. */
export function enter(device: Device, segment: Segment): void {
  device.logged = segment.number;
  segment.devices.push(device);
}
