import { textOf } from "../common/errors.js";
import type { TellDamage } from "./damage.js";
import { decodeData } from "./message-codec.js";

/** An entry in messages to people. */
const title = (key: string): string => `The entry ${JSON.stringify(key)} in the broker's database`;
import type { LevelDatabase, Sublevel } from "./level.js";

/** Values to be put, by key; undefined for a key to be deleted. */
type Batch = Map<string, Buffer | undefined>;

/** A range of keys: from `gte`, to before `lt`. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** All keys that begin with a prefix, which ends in a colon: the semicolon is the character after the colon. */
export function keysBelow(prefix: string): KeyRange {
  return { gte: prefix, lt: `${prefix.slice(0, -1)};` };
}

/**
 * A part of a LevelDB database whose writes take effect in the order of the calls, and whose reads see the writes before them.
 *
 * LevelDB runs writes on a thread pool: of eight writes to one key made at once, an earlier one was the last to take effect
 * in 29 % of 20,000 rounds. Here the writes of a turn, and those that are asked for while a write is under way, form one
 * batch, which also makes fewer writes. While nothing can be written, they wait in memory, the latest of each key.
 */
export class OrderedStore {
  readonly #database: LevelDatabase;
  readonly #sublevel: Sublevel;
  readonly #damaged: TellDamage;
  /** Settles when every batch so far has ended. */
  #written: Promise<void> = Promise.resolve();
  /** The batch that is being written. */
  #current: Batch | undefined;
  /** The batch that has not begun. */
  #next: Batch | undefined;

  /** @param damaged told of entries that cannot be decoded */
  constructor(database: LevelDatabase, name: string, damaged: TellDamage = () => {}) {
    this.#damaged = damaged;
    this.#database = database;
    this.#sublevel = database.sublevel(name);
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

  /** A value that `encodeData` encoded; undefined when there is none, or, with a report, when it cannot be read. */
  async decoded<T extends object>(key: string): Promise<T | undefined> {
    try {
      const value = await this.get(key);
      return value && decodeData<T>(value);
    } catch (error) {
      this.#damaged(`${title(key)} cannot be read (${textOf(error)}) and is left out.`);
      return undefined;
    }
  }

  /** Entries whose values `encodeData` encoded. What cannot be decoded is reported and deleted. */
  async decodedEntries<T extends object>(range: KeyRange): Promise<[key: string, value: T][]> {
    const found: [string, T][] = [];
    for (const [key, value] of await this.entries(range))
      try {
        found.push([key, decodeData<T>(value)]);
      } catch (error) {
        this.#damaged(`${title(key)} is damaged (${textOf(error)}) and was deleted.`);
        this.delete(key);
      }
    return found;
  }

  /** What is stored, in the order of the keys. */
  async entries(range: KeyRange): Promise<[key: string, value: Buffer][]> {
    await this.#written;
    return this.#database.read(() => this.#sublevel.iterator(range).all());
  }

  /** Resolves when all writes so far are stored. @throws Error when the database was closed before */
  stored(): Promise<void> {
    return this.#written;
  }

  #set(key: string, value: Buffer | undefined): void {
    if (!this.#next) {
      this.#next = new Map();
      this.#written = this.#written.then(() => this.#write());
      // whoever waits for it learns of it
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
