import { setTimeout as sleep } from "node:timers/promises";
import { textOf } from "../common/errors.js";
import { ColumnBuffer, type BufferedBatch } from "./column-buffer.js";
import type { Engine } from "./engine.js";
import type { HistoryDevice, HistoryReading, HistorySwitch } from "./history.js";

/** How long a batch collects entries before it is written, in ms. */
const BATCH_INTERVAL = 500;
/** Maximum number of readings and switches in a batch. A full batch is written at once. */
const BATCH_SIZE = 10_000;

/** Maximum number of entries that wait while writing fails. Above this number, the oldest batches are dropped. */
const MAX_WAITING_ENTRIES = 200_000;

/**
 * Maximum length of the array of device ids: twice the maximum number of devices. When the array exceeds this length, a
 * new array replaces it.
 */
const MAX_IDS = 500_000;

/** Delay before a failed write is repeated, in ms. */
const RETRY_DELAY = 1000;

/** Minimum interval between two reports of a problem, in ms. */
const REPORT_INTERVAL = 60_000;

const sizeOf = ({ batch: { times, switches } }: BufferedBatch): number => times.length + switches.times.length;

/** Collects readings and switches, and writes them to the engine in batches, one batch at a time (write-behind). */
export class HistoryWriter {
  readonly stats = { waiting: 0, written: 0, lost: 0 };
  /** A sentence that says why writing fails at the moment; "" while writing works. */
  problem = "";
  readonly #engine: Pick<Engine, "name" | "write">;
  readonly #onProblem: (problem: string) => void;
  readonly #buffer: ColumnBuffer;
  readonly #queue: BufferedBatch[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The array of device ids that belongs to the last write. */
  #ids: readonly string[] = [];
  /** How many device ids of `#ids` were sent to the engine. */
  #idsSent = 0;
  #running: Promise<void> | undefined;
  /** Aborted by `close`. From then on, failed writes are not repeated. */
  readonly #closing = new AbortController();
  #isFailing = false;
  #lastReport = -Infinity;
  #lostAtLastReport = 0;
  /** Number of batches that have been queued since the start. */
  #batchesQueued = 0;
  /** Number of batches that were written or dropped since the start. */
  #batchesDone = 0;
  /** Pending calls of `flush`. Each one resolves when `#batchesDone` reaches its `batches`. */
  #flushWaiters: { readonly batches: number; resolve(): void }[] = [];

  /** @param maxIds maximum length of the array of ids; see `MAX_IDS` */
  constructor(engine: Pick<Engine, "name" | "write">, onProblem: (problem: string) => void, maxIds = MAX_IDS) {
    this.#buffer = new ColumnBuffer(BATCH_SIZE, maxIds);
    this.#engine = engine;
    this.#onProblem = onProblem;
  }

  addReading(device: HistoryDevice, reading: HistoryReading): void {
    this.#buffer.addReading(device, reading);
    this.#afterAdd();
  }

  addSwitch(device: HistoryDevice, change: HistorySwitch): void {
    this.#buffer.addSwitch(device, change);
    this.#afterAdd();
  }

  /** Writes the buffered entries. Resolves when they are written or dropped, or as soon as a write fails. */
  async flush(): Promise<void> {
    this.#queueBatch();
    if (this.#batchesDone === this.#batchesQueued || this.#isFailing) return;
    await new Promise<void>((resolve) => this.#flushWaiters.push({ batches: this.#batchesQueued, resolve }));
  }

  /** Writes the pending entries. If a write fails, gives up the remaining entries and counts them as lost. */
  async close(): Promise<void> {
    this.#queueBatch();
    this.#closing.abort();
    await this.#running;
    this.#discard(this.#queue.splice(0));
    if (this.stats.lost > this.#lostAtLastReport) this.#report("it was closed");
  }

  #afterAdd(): void {
    this.stats.waiting++;
    if (this.#buffer.isFull) this.#queueBatch();
    else this.#timer ??= setTimeout(() => this.#queueBatch(), BATCH_INTERVAL);
  }

  #queueBatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#buffer.size === 0) return;
    this.#queue.push(this.#buffer.takeBatch());
    this.#batchesQueued++;
    this.#limitQueue();
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    for (let batch = this.#queue.shift(); batch; batch = this.#queue.shift()) {
      try {
        await this.#write(batch);
        this.#isFailing = false;
        this.problem = "";
        this.stats.written += sizeOf(batch);
        this.stats.waiting -= sizeOf(batch);
        this.#countDone(1);
      } catch (error) {
        this.#isFailing = true;
        this.#queue.unshift(batch);
        this.#limitQueue();
        this.#resolveWaiters();
        this.problem = `The history ${this.#engine.name} cannot be written (${textOf(error)}); the server tries again every second.`;
        this.#report(textOf(error));
        if (this.#closing.signal.aborted) return;
        await sleep(RETRY_DELAY, undefined, { signal: this.#closing.signal }).catch(() => {});
      }
    }
  }

  async #write({ batch, ids }: BufferedBatch): Promise<void> {
    const firstNewIndex = ids === this.#ids ? this.#idsSent : 0;
    const newIds = ids.slice(firstNewIndex);
    await this.#engine.write({ ...batch, newIds, firstNewIndex });
    this.#ids = ids;
    this.#idsSent = firstNewIndex + newIds.length;
  }

  /** Drops the oldest batches until at most `MAX_WAITING_ENTRIES` entries wait. */
  #limitQueue(): void {
    let waiting = this.#queue.reduce((sum, batch) => sum + sizeOf(batch), 0);
    while (waiting > MAX_WAITING_ENTRIES) {
      waiting -= sizeOf(this.#queue[0]);
      this.#discard([this.#queue.shift()!]);
    }
  }

  #discard(batches: readonly BufferedBatch[]): void {
    for (const batch of batches) {
      this.stats.lost += sizeOf(batch);
      this.stats.waiting -= sizeOf(batch);
    }
    this.#countDone(batches.length);
  }

  #countDone(batches: number): void {
    this.#batchesDone += batches;
    this.#resolveWaiters();
  }

  /** Resolves the `flush` calls whose batches are finished; while writing fails, resolves all `flush` calls. */
  #resolveWaiters(): void {
    const ready = this.#flushWaiters.filter(({ batches }) => this.#isFailing || batches <= this.#batchesDone);
    this.#flushWaiters = this.#flushWaiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }

  #report(problem: string): void {
    const { lost, waiting } = this.stats;
    if (performance.now() - this.#lastReport < REPORT_INTERVAL && !this.#closing.signal.aborted) return;
    this.#lastReport = performance.now();
    const newlyLost = lost - this.#lostAtLastReport;
    this.#lostAtLastReport = lost;
    this.#onProblem(
      `The history ${this.#engine.name} cannot be written (${problem}): ${waiting} readings and switches wait for the next ` +
        `attempt${newlyLost > 0 ? `, and ${newlyLost} were lost` : ""}.`,
    );
  }
}
