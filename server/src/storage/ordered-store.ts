import type { BrokerStore } from "../data.js";
import { textOf } from "../errors.js";
import type { TellDamage } from "./damage.js";
import { decodeData } from "./message-codec.js";

/** An entry in messages to people. */
const title = (key: string): string => `The entry ${JSON.stringify(key)} in the broker's database`;

type Write = { type: "put"; key: string; value: Buffer } | { type: "del"; key: string };

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
 * A LevelDB store whose operations take effect in the order of the calls.
 *
 * LevelDB runs writes on a thread pool: of eight writes to one key made at once, an earlier one was the last to take effect
 * in 29 % of 20,000 rounds. Here the writes of a turn, and those that are asked for while a write is under way, form one
 * batch, which also makes fewer writes.
 */
export class OrderedStore {
  readonly #db: BrokerStore;
  readonly #failed: (error: unknown) => void;
  readonly #damaged: TellDamage;
  /** Settles when every operation that was asked for has ended. */
  #last: Promise<unknown> = Promise.resolve();
  /** The latest batch. */
  #written: Promise<void> = Promise.resolve();
  /** The batch that has not begun, as long as no other operation was asked for after it. */
  #open: Write[] | undefined;

  /**
   * @param failed a write failed
   * @param damaged an entry cannot be read
   */
  constructor(db: BrokerStore, failed: (error: unknown) => void, damaged: TellDamage = () => {}) {
    this.#db = db;
    this.#failed = failed;
    this.#damaged = damaged;
  }

  put(key: string, value: Buffer): void {
    this.#write({ type: "put", key, value });
  }

  delete(key: string): void {
    this.#write({ type: "del", key });
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#after(() => this.#db.get(key));
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

  entries(range: KeyRange): Promise<[key: string, value: Buffer][]> {
    return this.#after(() => this.#db.iterator(range).all());
  }

  clear(range: KeyRange): void {
    this.#after(() => this.#db.clear(range)).catch(this.#failed);
  }

  /** Resolves when all writes so far are stored. @throws Error when the latest of them could not be stored */
  stored(): Promise<void> {
    return this.#written;
  }

  async close(): Promise<void> {
    await this.#after(() => this.#db.close());
  }

  #write(write: Write): void {
    if (this.#open) {
      this.#open.push(write);
      return;
    }
    const writes = [write];
    this.#written = this.#after(() => {
      if (this.#open === writes) this.#open = undefined;
      return this.#db.batch(writes);
    });
    this.#written.catch(this.#failed);
    this.#open = writes;
  }

  /** Runs an operation after all that were asked for before, whether those succeeded or not. */
  #after<T>(operation: () => Promise<T>): Promise<T> {
    this.#open = undefined;
    const result = this.#last.then(operation);
    this.#last = result.catch(() => {});
    return result;
  }
}
