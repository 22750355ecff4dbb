import type { Database } from "./database.js";
import type { Retention } from "./history.js";
import { CHUNK_LENGTH, HOUR_LENGTH, MAX_STORED_TIME } from "./packing.js";
import { KEYS_PER_DEVICE, type SqliteStore } from "./store.js";

/** Maximum number of hours that one step deletes. */
const HOURS_PER_STEP = 24;

/** Maximum number of rows of `switch_runs` that one step deletes. */
const BLOCKS_PER_STEP = 1000;

const CHUNKS_PER_HOUR = HOUR_LENGTH / CHUNK_LENGTH;

/**
 * Deletes data that is older than the retention, and the data of forgotten devices. Each step takes a few ms; the
 * caller can do other work between steps. Readings are deleted in whole hours, so that the summary of an hour stays
 * correct. Switches are deleted in whole chunks.
 */
export function* sweepStore(store: SqliteStore, retention: Retention, now: number): Generator<void> {
  const { database } = store;
  // Compact first, because pending entries can be too old as well.
  store.compact();
  const firstHour = Math.max(0, Math.floor((now - (retention.readings ?? Infinity)) / HOUR_LENGTH));
  const firstChunk = Math.floor((now - (retention.switches ?? Infinity)) / CHUNK_LENGTH);
  for (const { number, forgotten } of database.selectRows("SELECT number, id IS NULL AS forgotten FROM devices")) {
    const device = Number(number);
    if (forgotten) {
      yield* deleteHours(database, device, Math.ceil(MAX_STORED_TIME / HOUR_LENGTH));
      yield* deleteSwitches(database, device, Math.ceil(MAX_STORED_TIME / CHUNK_LENGTH));
      database.run("DELETE FROM devices WHERE number = ?", device);
    } else {
      if (firstHour > 0) yield* deleteHours(database, device, firstHour);
      // Keep the last old switch, because it defines the lamp's state until the next one.
      if (firstChunk > 0) yield* deleteSwitches(database, device, lastChunkBefore(database, device, firstChunk));
    }
    yield;
  }
}

/** Deletes a device's readings before the hour `end` (hours since 1970). */
function* deleteHours(database: Database, device: number, end: number): Generator<void> {
  const base = device * KEYS_PER_DEVICE;
  for (;;) {
    const sql = "SELECT min(key) AS key FROM hours WHERE key >= ? AND key < ?";
    const [{ key }] = database.selectRows(sql, base, base + end);
    if (key === null) return;
    const hour = Number(key) - base;
    const next = Math.min(hour + HOURS_PER_STEP, end);
    database.transaction(() => {
      database.run("DELETE FROM hours WHERE key >= ? AND key < ?", base + hour, base + next);
      database.run(
        "DELETE FROM chunks WHERE key >= ? AND key < ?",
        base + hour * CHUNKS_PER_HOUR,
        base + next * CHUNKS_PER_HOUR,
      );
    });
    yield;
  }
}

/** Returns the last chunk before `chunk` in which a device has switches; 0 when there is none. */
function lastChunkBefore(database: Database, device: number, chunk: number): number {
  const sql = "SELECT max(chunk) AS chunk FROM switch_runs WHERE device = ? AND chunk < ?";
  return Number(database.selectRows(sql, device, chunk)[0].chunk);
}

/** Deletes a device's switches before the chunk `end`. */
function* deleteSwitches(database: Database, device: number, end: number): Generator<void> {
  const sql = `DELETE FROM switch_runs WHERE device = ?1 AND (chunk, number) IN
    (SELECT chunk, number FROM switch_runs WHERE device = ?1 AND chunk < ?2 LIMIT ${BLOCKS_PER_STEP})`;
  while (database.run(sql, device, end) === BLOCKS_PER_STEP) yield;
}
