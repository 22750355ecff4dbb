import { setTimeout as sleep } from "node:timers/promises";
import { textOf } from "../common/errors.js";
import type { Engine } from "./engine.js";
import { Gathering, type Gathered } from "./column-buffer.js";
import type { HistoryReading, HistorySwitch, Recorded } from "./history.js";

/** Readings and switches go to the engine together, when the first has waited so long, in ms, or there are so many. */
const GATHER = 500;
const FULL = 10_000;

/** How many wait when they cannot be written; beyond them the oldest are lost. */
const BACKLOG = 200_000;

/** Twice as many ids as a server keeps devices: more are of devices that came and went. */
const MOST_IDS = 500_000;

/** The time between two attempts, in ms. */
const RETRY = 1000;

/** How often the same problem is told, in ms. */
const TELL = 60_000;

const sizeOf = ({ batch: { times, switches } }: Gathered): number => times.length + switches.times.length;

/** Gathers what is added, and hands it to the engine batch by batch: the next when the one before is written. */
export class Writer {
  readonly stats = { waiting: 0, written: 0, lost: 0 };
  /** Why nothing can be written at the moment, in a sentence; "" when it can. */
  problem = "";
  readonly #engine: Pick<Engine, "name" | "write">;
  readonly #failed: (problem: string) => void;
  readonly #gathering: Gathering;
  readonly #queue: Gathered[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Ids, of which the engine has been told so many. */
  #ids: readonly string[] = [];
  #idsTold = 0;
  #running: Promise<void> | undefined;
  /** Ended at the end: nothing is tried again. */
  readonly #ending = new AbortController();
  #failing = false;
  #toldAt = -Infinity;
  #lostBefore = 0;
  /** Batches so far, and those of them that are written or lost; who waits for how many. */
  #queued = 0;
  #done = 0;
  #awaiting: { readonly batches: number; go(): void }[] = [];

  /** @param mostIds for tests; see `MOST_IDS` */
  constructor(engine: Pick<Engine, "name" | "write">, failed: (problem: string) => void, mostIds = MOST_IDS) {
    this.#gathering = new Gathering(FULL, mostIds);
    this.#engine = engine;
    this.#failed = failed;
  }

  addReading(device: Recorded, reading: HistoryReading): void {
    this.#gathering.addReading(device, reading);
    this.#added();
  }

  addSwitch(device: Recorded, change: HistorySwitch): void {
    this.#gathering.addSwitch(device, change);
    this.#added();
  }

  /** Fulfilled when all that was added is written, or cannot be at the moment. */
  async written(): Promise<void> {
    this.#flush();
    if (this.#done === this.#queued || this.#failing) return;
    await new Promise<void>((go) => this.#awaiting.push({ batches: this.#queued, go }));
  }

  /** Writes what waits, if it can. */
  async close(): Promise<void> {
    this.#flush();
    this.#ending.abort();
    await this.#running;
    this.#lose(this.#queue.splice(0));
    if (this.stats.lost > this.#lostBefore) this.#tell("it was closed");
  }

  #added(): void {
    this.stats.waiting++;
    if (this.#gathering.full) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), GATHER);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathering.size === 0) return;
    this.#queue.push(this.#gathering.take());
    this.#queued++;
    this.#trim();
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    for (let batch = this.#queue.shift(); batch; batch = this.#queue.shift()) {
      try {
        await this.#write(batch);
        this.#failing = false;
        this.problem = "";
        this.stats.written += sizeOf(batch);
        this.stats.waiting -= sizeOf(batch);
        this.#finished(1);
      } catch (error) {
        this.#failing = true;
        this.#queue.unshift(batch);
        this.#trim();
        this.#release();
        this.problem = `The history ${this.#engine.name} cannot be written (${textOf(error)}); the server tries again every second.`;
        this.#tell(textOf(error));
        if (this.#ending.signal.aborted) return;
        await sleep(RETRY, undefined, { signal: this.#ending.signal }).catch(() => {});
      }
    }
  }

  async #write({ batch, ids }: Gathered): Promise<void> {
    const firstId = ids === this.#ids ? this.#idsTold : 0;
    const fresh = ids.slice(firstId);
    await this.#engine.write({ ...batch, ids: fresh, firstId });
    this.#ids = ids;
    this.#idsTold = firstId + fresh.length;
  }

  /** Lets go of the oldest when too many wait. */
  #trim(): void {
    let waiting = this.#queue.reduce((sum, batch) => sum + sizeOf(batch), 0);
    while (waiting > BACKLOG) {
      waiting -= sizeOf(this.#queue[0]);
      this.#lose([this.#queue.shift()!]);
    }
  }

  #lose(batches: readonly Gathered[]): void {
    for (const batch of batches) {
      this.stats.lost += sizeOf(batch);
      this.stats.waiting -= sizeOf(batch);
    }
    this.#finished(batches.length);
  }

  #finished(batches: number): void {
    this.#done += batches;
    this.#release();
  }

  /** Those who wait go on: all of them when nothing can be written. */
  #release(): void {
    const free = this.#awaiting.filter(({ batches }) => this.#failing || batches <= this.#done);
    this.#awaiting = this.#awaiting.filter((one) => !free.includes(one));
    for (const { go } of free) go();
  }

  #tell(problem: string): void {
    const { lost, waiting } = this.stats;
    if (performance.now() - this.#toldAt < TELL && !this.#ending.signal.aborted) return;
    this.#toldAt = performance.now();
    const since = lost - this.#lostBefore;
    this.#lostBefore = lost;
    this.#failed(
      `The history ${this.#engine.name} cannot be written (${problem}): ${waiting} readings and switches wait for the next ` +
        `attempt${since > 0 ? `, and ${since} were lost` : ""}.`,
    );
  }
}
