import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClassicLevel } from "classic-level";
import { codeOf } from "../common/errors.js";
import { RETRY_INTERVAL, type StorageHealth } from "./health.js";

type Database = ClassicLevel<string, string>;

const STORAGE_PART = "sessions and overrides";

/** Maximum disk space that LevelDB needs to open a database, in addition to the size of the logs, in bytes. */
const DISK_SPACE_MARGIN_BYTES = 65_536;

/** Error codes of reads while the database is being reopened. Such reads are retried. */
const NOT_OPEN_CODES = new Set(["LEVEL_DATABASE_NOT_OPEN", "LEVEL_ITERATOR_NOT_OPEN"]);

/** A sublevel: the entries of the database whose keys have a common prefix. */
export type Sublevel = ReturnType<typeof openSublevel>;

function openSublevel(db: Database, name: string) {
  return db.sublevel<string, Buffer>(name, { valueEncoding: "buffer" });
}

/**
 * A LevelDB database that retries failed writes until they succeed.
 *
 * A failed write may leave an incomplete record in the LevelDB log. LevelDB appends to that log anyway, but the next start
 * drops everything after the incomplete record. After a full disk, a `kill -9` would thus lose all later writes. Therefore
 * the database is reopened before the retry, which starts a new log.
 */
export class LevelDatabase {
  readonly #db: Database;
  readonly #health: StorageHealth;
  readonly #sublevels: Sublevel[] = [];
  readonly #closing = new AbortController();
  #reopening: Promise<void> | undefined;

  /**
   * @param db an open database, which `close` closes
   * @param health receives a report about each failed and successful write
   */
  constructor(db: Database, health: StorageHealth) {
    this.#db = db;
    this.#health = health;
  }

  openSublevel(name: string): Sublevel {
    const sublevel = openSublevel(this.#db, name);
    this.#sublevels.push(sublevel);
    return sublevel;
  }

  /**
   * Runs a write until it succeeds. The write must be idempotent.
   * @throws Error after `close`
   */
  async write(operation: () => Promise<void>): Promise<void> {
    for (;;) {
      await this.#reopening;
      this.#throwIfClosed();
      try {
        await operation();
        this.#health.recordSuccess(STORAGE_PART);
        return;
      } catch (error) {
        this.#throwIfClosed();
        this.#health.recordFailure(STORAGE_PART, error);
        this.#reopening ??= this.#reopen().finally(() => (this.#reopening = undefined));
      }
    }
  }

  /**
   * Runs a read. Reads also work while writes fail; while the database is being reopened, the read is retried.
   * @throws Error after `close`; any error of the database
   */
  async read<T>(operation: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await operation();
      } catch (error) {
        this.#throwIfClosed();
        if (!NOT_OPEN_CODES.has(codeOf(error))) throw error;
        await this.#pause();
      }
    }
  }

  /** Closes the database. Pending writes fail with an error. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reopening;
    await this.#db.close();
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw new Error("the database is closed");
  }

  async #reopen(): Promise<void> {
    for (;;) {
      await this.#pause();
      if (this.#closing.signal.aborted) return;
      try {
        // the database stays open for reads until reopening is likely to succeed
        await this.#checkFreeSpace();
        await this.#db.close();
        await this.#db.open();
        for (const sublevel of this.#sublevels) await sublevel.open();
        return;
      } catch (error) {
        this.#health.recordFailure(STORAGE_PART, error);
      }
    }
  }

  /**
   * Checks for free disk space: writes and deletes a file as large as the table that LevelDB creates from its logs on opening.
   * @throws Error when the file cannot be written
   */
  async #checkFreeSpace(): Promise<void> {
    const { location } = this.#db;
    let size = DISK_SPACE_MARGIN_BYTES;
    for (const name of await readdir(location))
      if (name.endsWith(".log")) size += (await stat(join(location, name))).size;
    const probe = `${location}.probe`;
    try {
      await writeFile(probe, Buffer.alloc(size, 1));
    } finally {
      await rm(probe, { force: true });
    }
  }

  async #pause(): Promise<void> {
    await sleep(RETRY_INTERVAL, undefined, { signal: this.#closing.signal }).catch(() => {});
  }
}
