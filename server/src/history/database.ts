import { existsSync, mkdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import sqlite, { type Database as Connection, type JSValue, type Statement } from "node-sqlite3-wasm";
import { codeOf, textOf } from "../common/errors.js";
import { damagedCopyPath } from "../storage/damage.js";
import { MIGRATIONS } from "./migrations.js";

/** A chunk of a board that reports every second, 2.4 KB, fills such pages well. */
const PAGE = 8192;

/** The file is of a later version of this program. */
export class NewerError extends Error {}

export type Row = Record<string, number | string | Uint8Array | null>;

/**
 * A database that this process has for itself: SQLite compiled to WebAssembly has no shared memory, without which its
 * write-ahead log needs exclusive access. What is committed survives the end of this process, not that of the machine;
 * there the last commits may go, but the file stays whole.
 */
export class Database {
  readonly #connection: Connection;
  readonly #statements = new Map<string, Statement>();

  /**
   * Nobody else may have the file open: the lock that a process leaves behind that was killed is taken away.
   * @param told how far it has come, should it have to be put into a newer form
   * @throws NewerError; Error when it cannot be opened, or is damaged.
   */
  constructor(file: string, told: (progress: string) => void = () => {}) {
    mkdirSync(dirname(file), { recursive: true });
    rmSync(`${file}.lock`, { recursive: true, force: true });
    this.#connection = new sqlite.Database(file);
    try {
      this.#connection.exec(
        `PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${PAGE}; PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 8000000; PRAGMA cache_size = -16000;`,
      );
      this.#migrate(file, told);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #migrate(file: string, told: (progress: string) => void): void {
    const version = Number(this.rows("PRAGMA user_version")[0].user_version);
    if (version > MIGRATIONS.length)
      throw new NewerError(
        `The history ${file} was written by a newer nightlight-server (its version is ${version}, this one knows ` +
          `${MIGRATIONS.length}); install the newer one again, or move the file away to begin a new history.`,
      );
    for (let next = version; next < MIGRATIONS.length; next++)
      this.transaction(() => {
        MIGRATIONS[next](this, told);
        this.exec(`PRAGMA user_version = ${next + 1}`);
      });
  }

  /** Does what is said, of which nothing is to be known. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  /** All rows of it: one that is left half-way would hold up the write-ahead log. */
  rows(sql: string, ...values: JSValue[]): Row[] {
    return this.#statement(sql).all(values) as Row[];
  }

  /** Gives each row in turn, without having them all at once; `use` must not throw. */
  each(sql: string, values: JSValue[], use: (row: Row) => void): void {
    for (const row of this.#statement(sql).iterate(values)) use(row as Row);
  }

  /** How many rows it changed. */
  run(sql: string, ...values: JSValue[]): number {
    return this.#statement(sql).run(values).changes;
  }

  /** Adds one row; gives its number. */
  insert(sql: string, ...values: JSValue[]): number {
    return Number(this.#statement(sql).run(values).lastInsertRowid);
  }

  /** All of it is done, or nothing. */
  transaction(work: () => void): void {
    this.#connection.exec("BEGIN");
    try {
      work();
      this.#connection.exec("COMMIT");
    } catch (error) {
      // SQLite itself has undone it after some errors, such as a full disk
      if (this.#connection.inTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  /** Never throws: a file that is damaged is closed as well. */
  close(): void {
    for (const statement of this.#statements.values()) attempt(() => statement.finalize());
    this.#statements.clear();
    attempt(() => this.#connection.close());
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#connection.prepare(sql)));
    return statement;
  }
}

function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // what failed before has been told
  }
}

/** Whether a file is there with nothing in it, which SQLite takes for a new database. */
export const isEmpty = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.size === 0;

/** Whether an error says that the file is not, or no longer, a database. */
export const isDamage = (error: unknown): boolean => /malformed|not a database|corrupt/i.test(textOf(error));

/** Moves a file away that is damaged, with its write-ahead log; the new name. */
export function setAside(file: string): string {
  const name = damagedCopyPath(file);
  for (const end of ["", "-wal"]) if (existsSync(file + end)) renameSync(file + end, name + end);
  return name;
}

/** What is wrong with the disk: SQLite as it is compiled here says no more than "disk I/O error". */
export function causeOf(error: unknown, file: string): string {
  const probe = `${file}.probe`;
  try {
    writeFileSync(probe, Buffer.alloc(2 * PAGE));
    unlinkSync(probe);
  } catch (cause) {
    rmSync(probe, { force: true });
    return `${textOf(error)}: ${codeOf(cause) === "ENOSPC" ? "the disk is full" : textOf(cause)}`;
  }
  return textOf(error);
}
