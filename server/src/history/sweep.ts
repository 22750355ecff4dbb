import type { Database } from "./database.js";
import type { Retention } from "./history.js";
import { CHUNK, END_OF_TIME, HOUR } from "./packing.js";
import { SPAN, type Store } from "./store.js";

/** Hours of a device that are deleted at once. */
const HOURS = 24;

/** Runs of switches that are deleted at once. */
const RUNS = 1000;

const CHUNKS_IN_HOUR = HOUR / CHUNK;

/**
 * Deletes what is older than it is to be kept, and what is left of forgotten devices, in steps of some ms each: between
 * them the caller does what else there is to do. Readings go by whole hours, so that what is stored of an hour stays true,
 * and switches by chunks, as they are stored.
 */
export function* sweep(store: Store, retention: Retention, now: number): Generator<void> {
  const { database } = store;
  // what waits may be too old as well
  store.compact();
  const readings = Math.max(0, Math.floor((now - (retention.readings ?? Infinity)) / HOUR));
  const switches = Math.floor((now - (retention.switches ?? Infinity)) / CHUNK);
  for (const { number, forgotten } of database.rows("SELECT number, id IS NULL AS forgotten FROM devices")) {
    const device = Number(number);
    if (forgotten) {
      yield* deleteHours(database, device, Math.ceil(END_OF_TIME / HOUR));
      yield* deleteRuns(database, device, Math.ceil(END_OF_TIME / CHUNK));
      database.run("DELETE FROM devices WHERE number = ?", device);
    } else {
      if (readings > 0) yield* deleteHours(database, device, readings);
      // the last of them tells how the lamp was since
      if (switches > 0) yield* deleteRuns(database, device, lastBefore(database, device, switches));
    }
    yield;
  }
}

/** Deletes the readings of a device before an hour. */
function* deleteHours(database: Database, device: number, end: number): Generator<void> {
  const base = device * SPAN;
  for (;;) {
    const sql = "SELECT min(key) AS key FROM hours WHERE key >= ? AND key < ?";
    const [{ key }] = database.rows(sql, base, base + end);
    if (key === null) return;
    const hour = Number(key) - base;
    const next = Math.min(hour + HOURS, end);
    database.transaction(() => {
      database.run("DELETE FROM hours WHERE key >= ? AND key < ?", base + hour, base + next);
      database.run(
        "DELETE FROM chunks WHERE key >= ? AND key < ?",
        base + hour * CHUNKS_IN_HOUR,
        base + next * CHUNKS_IN_HOUR,
      );
    });
    yield;
  }
}

/** The last chunk before this one that has switches of a device; 0 when none has. */
function lastBefore(database: Database, device: number, chunk: number): number {
  const sql = "SELECT max(chunk) AS chunk FROM switch_runs WHERE device = ? AND chunk < ?";
  return Number(database.rows(sql, device, chunk)[0].chunk);
}

/** Deletes the switches of a device before a chunk. */
function* deleteRuns(database: Database, device: number, end: number): Generator<void> {
  const sql = `DELETE FROM switch_runs WHERE device = ?1 AND (chunk, number) IN
    (SELECT chunk, number FROM switch_runs WHERE device = ?1 AND chunk < ?2 LIMIT ${RUNS})`;
  while (database.run(sql, device, end) === RUNS) yield;
}
