import type { Database } from "./database.js";
import type { Retention } from "./history.js";
import { CHUNK, END_OF_TIME, HOUR } from "./packing.js";
import { SPAN } from "./store.js";

/** Hours of a device that are deleted at once. */
const HOURS = 24;

/** Switches that are deleted at once. */
const SWITCHES = 1000;

const CHUNKS_IN_HOUR = HOUR / CHUNK;

/**
 * Deletes what is older than it is to be kept, and what is left of forgotten devices, in steps of some ms each: between
 * them the caller does what else there is to do. Readings go by whole hours, so that what is stored of an hour stays true.
 */
export function* sweep(database: Database, retention: Retention, now: number): Generator<void> {
  const readings = Math.max(0, Math.floor((now - (retention.readings ?? Infinity)) / HOUR));
  const switches = now - (retention.switches ?? Infinity);
  for (const { number, forgotten } of database.rows("SELECT number, id IS NULL AS forgotten FROM devices")) {
    const device = Number(number);
    if (forgotten) {
      yield* deleteHours(database, device, Math.ceil(END_OF_TIME / HOUR));
      yield* deleteSwitches(database, "device = ?", device);
      database.run("DELETE FROM devices WHERE number = ?", device);
    } else {
      if (readings > 0) yield* deleteHours(database, device, readings);
      // the last of them tells how the lamp was since
      if (switches > 0)
        yield* deleteSwitches(
          database,
          "device = ?1 AND time < (SELECT max(time) FROM switches WHERE device = ?1 AND time < ?2)",
          device,
          switches,
        );
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

/** Deletes the switches of a device that meet a condition. */
function* deleteSwitches(database: Database, condition: string, ...values: number[]): Generator<void> {
  const sql = `DELETE FROM switches WHERE rowid IN (SELECT rowid FROM switches WHERE ${condition} LIMIT ${SWITCHES})`;
  while (database.run(sql, ...values) === SWITCHES) yield;
}
