import { existsSync, mkdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import sqlite, { type Database as Connection, type JSValue, type Statement } from "node-sqlite3-wasm";
import { codeOf, textOf } from "../common/errors.js";
import { damagedCopyPath } from "../storage/damage.js";
import { SCHEMA, SCHEMA_VERSION } from "./schema.js";

/** Page size of the database in bytes. A chunk with one reading per second takes 2.4 KB, so three fit in a page. */
const PAGE_SIZE = 8192;

/** Thrown when another version of this program wrote the file in a format that this version cannot read. */
export class VersionError extends Error {}

export type Row = Record<string, number | string | Uint8Array | null>;

/**
 * A SQLite connection with exclusive access to its file. SQLite compiled to WebAssembly has no shared memory, so its
 * write-ahead log requires exclusive access. Committed transactions survive a crash of this process. A power failure
 * may lose the last commits but does not corrupt the file.
 */
export class Database {
  readonly #connection: Connection;
  readonly #statements = new Map<string, Statement>();

  /**
   * Opens the file and creates it if necessary. No other process may have the file open: the constructor removes the
   * lock that a killed process left behind.
   * @throws VersionError when the file has another schema version; Error when it cannot be opened or is damaged
   */
  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true });
    rmSync(`${file}.lock`, { recursive: true, force: true });
    this.#connection = new sqlite.Database(file);
    try {
      this.#connection.exec(
        `PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${PAGE_SIZE}; PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 8000000; PRAGMA cache_size = -16000;`,
      );
      this.#prepareSchema(file);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Creates the tables in a new file, and checks the version of an existing one. */
  #prepareSchema(file: string): void {
    const version = Number(this.selectRows("PRAGMA user_version")[0].user_version);
    if (version === 0) this.transaction(() => this.exec(SCHEMA));
    else if (version !== SCHEMA_VERSION)
      throw new VersionError(
        `The history ${file} was written by ${version > SCHEMA_VERSION ? "a newer" : "an older"} nightlight-server (its ` +
          `version is ${version}, this one reads version ${SCHEMA_VERSION}); install that one again, or move the file away ` +
          `to start a new history.`,
      );
  }

  /** Executes SQL and discards the result. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  /**
   * Returns all rows of a query at once, because a half-read statement would block checkpoints of the write-ahead log.
   */
  selectRows(sql: string, ...values: JSValue[]): Row[] {
    return this.#statement(sql).all(values) as Row[];
  }

  /** Passes each row to `use` without loading all rows into memory. `use` must not throw. */
  each(sql: string, values: JSValue[], use: (row: Row) => void): void {
    for (const row of this.#statement(sql).iterate(values)) use(row as Row);
  }

  /** Executes a statement and returns the number of changed rows. */
  run(sql: string, ...values: JSValue[]): number {
    return this.#statement(sql).run(values).changes;
  }

  /** Inserts one row and returns its rowid. */
  insert(sql: string, ...values: JSValue[]): number {
    return Number(this.#statement(sql).run(values).lastInsertRowid);
  }

  /** Runs `work` in a transaction: commits when it returns, rolls back when it throws. */
  transaction(work: () => void): void {
    this.#connection.exec("BEGIN");
    try {
      work();
      this.#connection.exec("COMMIT");
    } catch (error) {
      // SQLite rolls back by itself after some errors, such as a full disk.
      if (this.#connection.inTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  /** Closes the connection. Never throws, even if the file is damaged. */
  close(): void {
    for (const statement of this.#statements.values()) ignoreErrors(() => statement.finalize());
    this.#statements.clear();
    ignoreErrors(() => this.#connection.close());
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#connection.prepare(sql)));
    return statement;
  }
}

function ignoreErrors(step: () => void): void {
  try {
    step();
  } catch {
    // Ignore the error, because closing a damaged file only reports the same damage again.
  }
}

/** Returns whether the file exists and is empty. SQLite treats an empty file as a new database. */
export const isEmptyFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.size === 0;

/** Returns whether an error means that the file is corrupt or not a database. */
export const isDamageError = (error: unknown): boolean => /malformed|not a database|corrupt/i.test(textOf(error));

/** Renames a damaged file and its write-ahead log; returns the new name. */
export function moveDamagedFile(file: string): string {
  const name = damagedCopyPath(file);
  for (const end of ["", "-wal"]) if (existsSync(file + end)) renameSync(file + end, name + end);
  return name;
}

/**
 * Returns the message of a failed write, with the cause that the operating system reports. This build of SQLite says
 * only "disk I/O error", so the function writes a temporary file next to the database to find the cause.
 */
export function describeWriteFailure(error: unknown, file: string): string {
  const probe = `${file}.probe`;
  try {
    writeFileSync(probe, Buffer.alloc(2 * PAGE_SIZE));
    unlinkSync(probe);
  } catch (cause) {
    rmSync(probe, { force: true });
    return `${textOf(error)}: ${codeOf(cause) === "ENOSPC" ? "the disk is full" : textOf(cause)}`;
  }
  return textOf(error);
}
