import { unlink } from "node:fs/promises";
import { LogFile, numbersIn, pathOf } from "./append-log.js";
import type { TellDamage } from "./damage.js";
import { recoverLog } from "./log-recovery.js";
import { readMessages, RetainedBatch, type Logged } from "./retained-batch.js";

/** The log is written anew when it has grown by so many bytes, and by as many as it had then. */
const GROWTH = 4_194_304;
/** Each start begins a file: more than so many are too many. */
const FILES = 8;
/** So many messages at once go into a log that is written anew. */
const SLICE = 50;

/** What damage to the log means. */
const HOLDS =
  "It holds retained messages: topics may have lost their message or have an older one, until somebody publishes there again.";

export interface RetainedLogOptions {
  /** See `GROWTH`; for tests. */
  readonly growth?: number;
  /** Whether the last run has closed the log, so that its last file must be whole. */
  readonly closed?: boolean;
  readonly damaged?: TellDamage;
}

/** All that is retained. */
export type Contents = () => Iterable<Parameters<Logged>>;

/**
 * Retained messages as they come, in files: to the system's memory a batch goes in a few µs, while a database takes as many
 * for each message. Survives `kill -9` of the process, not the end of the machine.
 */
export class RetainedLog {
  readonly #folder: string;
  readonly #contents: Contents;
  readonly #growth: number;
  readonly #closedBefore: boolean;
  readonly #damaged: TellDamage;
  /** Files of before, oldest first. */
  #before: string[] = [];
  /** The file that is written. */
  #present!: LogFile;
  #number = 0;
  readonly #batch = new RetainedBatch();
  /** In bytes: all files, and about what they would be if they were written anew. */
  #length = 0;
  #base = 0;
  #renewing: Promise<void> | undefined;
  #closed = false;

  /** @param folder need not be there */
  constructor(
    folder: string,
    contents: Contents,
    { growth = GROWTH, closed = false, damaged = () => {} }: RetainedLogOptions = {},
  ) {
    this.#folder = folder;
    this.#contents = contents;
    this.#growth = growth;
    this.#closedBefore = closed;
    this.#damaged = damaged;
    this.#begin();
  }

  /** Tells what is in the log, in order; reports damage. To be called once, before anything is added. */
  async load(logged: Logged): Promise<void> {
    const numbers = await numbersIn(this.#folder);
    for (const number of numbers) {
      const file = pathOf(this.#folder, number);
      const closed = this.#closedBefore || number !== numbers.at(-1);
      const { payloads, length } = await recoverLog(file, { unit: 1, closed, holds: HOLDS, damaged: this.#damaged });
      this.#before.push(file);
      this.#length += length;
      for (const payload of payloads) readMessages(payload, logged);
      this.#number = number;
    }
    // files of earlier runs are not written on
    this.#begin();
    for (const [topic, payload] of this.#contents()) this.#base += topic.length + payload.length;
    if (this.#before.length > FILES) this.#renew();
  }

  /** To be written with the next batch. One without a payload is no longer retained. */
  add(...message: Parameters<Logged>): void {
    this.#batch.add(...message);
  }

  /**
   * Writes what was added.
   * @throws Error when it cannot be written; it goes with the next attempt
   */
  write(): void {
    this.#writeBatch();
    if (this.#length > 2 * this.#base + this.#growth && !this.#renewing) this.#renew();
  }

  /** Fulfilled when nothing is written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#renewing;
    this.#present.close();
  }

  #begin(): void {
    this.#present = new LogFile(pathOf(this.#folder, ++this.#number));
  }

  #renew(): void {
    this.#renewing = this.#writeAnew()
      // what cannot be written anew stays as it is, and is tried when as much has been added again
      .catch(() => {})
      .finally(() => {
        this.#base = this.#length;
        this.#renewing = undefined;
      });
  }

  /** All that is retained goes into a new file, between what is added meanwhile; then the others are of no use. */
  async #writeAnew(): Promise<void> {
    this.#present.close();
    const old = [...this.#before.splice(0), ...(this.#present.length > 0 ? [this.#present.path] : [])];
    this.#begin();
    const length = this.#length;
    try {
      let count = 0;
      for (const message of this.#contents()) {
        this.add(...message);
        if (++count % SLICE > 0) continue;
        this.#writeBatch();
        // others have their turn
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#closed) throw new Error("closed");
      }
      this.#writeBatch();
      if (this.#present.length > 0) await this.#present.sync();
    } catch (error) {
      this.#before.unshift(...old);
      throw error;
    }
    this.#length -= length;
    for (const file of old) await unlink(file);
  }

  #writeBatch(): void {
    if (this.#batch.isEmpty) return;
    const bytes = this.#batch.finish();
    try {
      this.#present.write(bytes);
    } catch (error) {
      // as long as nothing can be written, only the latest of each topic waits
      this.#batch.keepLatest();
      throw error;
    }
    this.#length += bytes.length;
    this.#batch.clear();
  }
}
