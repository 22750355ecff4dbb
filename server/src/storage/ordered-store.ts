import { textOf } from "../common/errors.js";
import type { ReportDamage } from "./damage.js";
import { decodeData } from "./message-codec.js";

import type { LevelDatabase, Sublevel } from "./level.js";

/** Returns the text that identifies an entry in a damage report. */
const entryTitleOf = (key: string): string => `The entry ${JSON.stringify(key)} in the broker's database`;

/** Values to write, by key; undefined deletes the key. */
type WriteBatch = Map<string, Buffer | undefined>;

/** A range of keys, from `gte` (inclusive) to `lt` (exclusive). */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** Returns the range of all keys with a prefix that ends in a colon. The semicolon follows the colon in ASCII. */
export function keyRangeOf(prefix: string): KeyRange {
  return { gte: prefix, lt: `${prefix.slice(0, -1)};` };
}

/**
 * A sublevel of a LevelDB database with ordered writes and read-your-writes consistency.
 *
 * LevelDB runs writes on a thread pool without keeping their order: if several writes to one key run concurrently, an
 * earlier one may win. Therefore this class collects the writes of an event-loop turn, and those that arrive during
 * another write, into one batch. Batching also reduces the number of writes. While writes fail, the latest value of
 * each key waits in memory.
 */
export class OrderedStore {
  readonly #database: LevelDatabase;
  readonly #sublevel: Sublevel;
  readonly #reportDamage: ReportDamage;
  /** Resolves when `#current` and `#next` are written. Rejects when the database is closed before that. */
  #written: Promise<void> = Promise.resolve();
  /** The batch that is being written. */
  #current: WriteBatch | undefined;
  /** The batch that collects new writes until `#current` is written. */
  #next: WriteBatch | undefined;

  /** @param reportDamage called for each entry that cannot be decoded */
  constructor(database: LevelDatabase, name: string, reportDamage: ReportDamage = () => {}) {
    this.#reportDamage = reportDamage;
    this.#database = database;
    this.#sublevel = database.openSublevel(name);
  }

  put(key: string, value: Buffer): void {
    this.#set(key, value);
  }

  delete(key: string): void {
    this.#set(key, undefined);
  }

  async get(key: string): Promise<Buffer | undefined> {
    for (const batch of [this.#next, this.#current]) if (batch?.has(key)) return batch.get(key);
    return this.#database.read(() => this.#sublevel.get(key));
  }

  /** Reads a value that `encodeData` encoded. Returns undefined for a missing key, and for a damaged value, which is reported. */
  async getDecoded<T extends object>(key: string): Promise<T | undefined> {
    try {
      const value = await this.get(key);
      return value && decodeData<T>(value);
    } catch (error) {
      this.#reportDamage(`${entryTitleOf(key)} cannot be read (${textOf(error)}) and is left out.`);
      return undefined;
    }
  }

  /** Reads entries with values that `encodeData` encoded. Damaged entries are reported and deleted. */
  async getDecodedEntries<T extends object>(range: KeyRange): Promise<[key: string, value: T][]> {
    const found: [string, T][] = [];
    for (const [key, value] of await this.getEntries(range))
      try {
        found.push([key, decodeData<T>(value)]);
      } catch (error) {
        this.#reportDamage(`${entryTitleOf(key)} is damaged (${textOf(error)}) and was deleted.`);
        this.delete(key);
      }
    return found;
  }

  /** Returns the entries in a range, in key order. Waits for pending writes first. */
  async getEntries(range: KeyRange): Promise<[key: string, value: Buffer][]> {
    await this.#written;
    return this.#database.read(() => this.#sublevel.iterator(range).all());
  }

  /** Resolves when all pending writes are complete. @throws Error when the database is closed before that */
  whenStored(): Promise<void> {
    return this.#written;
  }

  #set(key: string, value: Buffer | undefined): void {
    if (!this.#next) {
      this.#next = new Map();
      this.#written = this.#written.then(() => this.#write());
      // avoid an unhandled rejection; callers of `whenStored` receive the error
      this.#written.catch(() => {});
    }
    this.#next.set(key, value);
  }

  async #write(): Promise<void> {
    const batch = this.#next!;
    this.#current = batch;
    this.#next = undefined;
    const operations = Array.from(batch, ([key, value]) =>
      value === undefined ? ({ type: "del", key } as const) : ({ type: "put", key, value } as const),
    );
    await this.#database.write(() => this.#sublevel.batch(operations));
    this.#current = undefined;
  }
}
