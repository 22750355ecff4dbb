import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClassicLevel } from "classic-level";
import { codeOf } from "../common/errors.js";
import { RETRY, type StorageHealth } from "./health.js";

type Database = ClassicLevel<string, string>;

const PART = "sessions and overrides";

/** More than LevelDB needs to open a database besides its log, in bytes. */
const MARGIN = 65_536;

/** Errors of a database that is being opened again. */
const NOT_OPEN = new Set(["LEVEL_DATABASE_NOT_OPEN", "LEVEL_ITERATOR_NOT_OPEN"]);

/** A part of the database. */
export type Sublevel = ReturnType<typeof sublevelOf>;

function sublevelOf(db: Database, name: string) {
  return db.sublevel<string, Buffer>(name, { valueEncoding: "buffer" });
}

/**
 * A LevelDB database whose writes are tried again until they succeed.
 *
 * When a write fails, its log may end within a record. LevelDB appends to that log as if nothing had happened, but the next
 * start drops everything after such a record: of 200 writes that succeeded after a full disk, `kill -9` lost 200. So the
 * database is opened again first, which begins a new log.
 */
export class LevelDatabase {
  readonly #db: Database;
  readonly #health: StorageHealth;
  readonly #sublevels: Sublevel[] = [];
  readonly #closing = new AbortController();
  #reopening: Promise<void> | undefined;

  /** @param db open */
  constructor(db: Database, health: StorageHealth) {
    this.#db = db;
    this.#health = health;
  }

  sublevel(name: string): Sublevel {
    const sublevel = sublevelOf(this.#db, name);
    this.#sublevels.push(sublevel);
    return sublevel;
  }

  /**
   * Runs a write, which must not depend on being run once. Resolves when it is stored.
   * @throws Error after `close`
   */
  async write(operation: () => Promise<void>): Promise<void> {
    for (;;) {
      await this.#reopening;
      this.#check();
      try {
        await operation();
        this.#health.works(PART);
        return;
      } catch (error) {
        this.#check();
        this.#health.failed(PART, error);
        this.#reopening ??= this.#reopen().finally(() => (this.#reopening = undefined));
      }
    }
  }

  /**
   * Runs a read, also while writes fail.
   * @throws Error after `close`, or what the database throws
   */
  async read<T>(operation: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await operation();
      } catch (error) {
        this.#check();
        if (!NOT_OPEN.has(codeOf(error))) throw error;
        await this.#pause();
      }
    }
  }

  /** Writes that have not succeeded by now are given up. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reopening;
    await this.#db.close();
  }

  #check(): void {
    if (this.#closing.signal.aborted) throw new Error("the database is closed");
  }

  async #reopen(): Promise<void> {
    for (;;) {
      await this.#pause();
      if (this.#closing.signal.aborted) return;
      try {
        // until it can be opened again, it stays open for those who read
        await this.#probe();
        await this.#db.close();
        await this.#db.open();
        for (const sublevel of this.#sublevels) await sublevel.open();
        return;
      } catch (error) {
        this.#health.failed(PART, error);
      }
    }
  }

  /** @throws Error when what LevelDB writes on opening cannot be written: a table with the contents of its logs */
  async #probe(): Promise<void> {
    const { location } = this.#db;
    let size = MARGIN;
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
    await sleep(RETRY, undefined, { signal: this.#closing.signal }).catch(() => {});
  }
}
