import type { Database, Row } from "./database.js";
import { MAX_SWITCHES, type HistoryQuery } from "./history.js";
import { CHUNK_LENGTH, fromQuarters, HOUR_LENGTH, MAX_STORED_TIME, offsetOf, quartersOf } from "./packing.js";
import { bucketLengthFor } from "./bucket-length.js";
import { NUMBERS_PER_POINT, type PackedAnswer, type HistoryPage, type HistoryRange } from "./protocol.js";
import { KEYS_PER_DEVICE, decodeReadings, type SqliteStore } from "./store.js";

/** A page of an export ends with the chunk in which it reaches this number of readings. */
const READINGS_PER_PAGE = 4000;
/** Maximum number of chunks in a page of an export. */
const MAX_CHUNKS_PER_PAGE = 1000;

/** Tables with precomputed summaries of readings, from fine to coarse. */
const SUMMARY_TABLES = [
  { table: "chunks", length: CHUNK_LENGTH },
  { table: "hours", length: HOUR_LENGTH },
];

/** Answers a query. The caller has validated the query. */
export function answerQuery({ database, switches }: SqliteStore, device: number, query: HistoryQuery): PackedAnswer {
  const [from, to] = clampRange(query);
  const readBuckets = (length: number): Buckets => {
    const buckets = new Buckets(length);
    collectReadings(database, device, from, to, buckets, SUMMARY_TABLES.length);
    return buckets;
  };
  const bucketed = readBuckets(bucketLengthFor(from, to, query.points));
  const buckets = bucketed.count > query.points ? bucketed : readBuckets(0);
  return {
    points: Float64Array.from(buckets.points),
    step: buckets.length,
    led_on: switches.lampStateAt(device, from) ?? null,
    switches: switches.readLatestSwitches(device, from, to, MAX_SWITCHES),
  };
}

/** Reads one page of an export. */
export function readPage({ database, switches }: SqliteStore, device: number, range: HistoryRange): HistoryPage {
  const [from, to] = clampRange(range);
  let next = endOfPage(database, device, from, to);
  const found = switches.readFirstSwitches(device, from, next, MAX_SWITCHES + 1);
  // A page must advance by at least 1 ms, even if more switches have this time than fit in a page.
  if (found.length > MAX_SWITCHES) next = Math.max(from + 1, found[MAX_SWITCHES].time);
  const times: number[] = [];
  const lights: number[] = [];
  forEachReading(database, device, from, next, (time, quarters) => {
    times.push(time);
    lights.push(fromQuarters(quarters));
  });
  return {
    times: Float64Array.from(times),
    lights: Float32Array.from(lights),
    switches: found.filter(({ time }) => time < next),
    next,
  };
}

/**
 * Limits a range to times that can be stored, in whole ms. For an empty range, `from` is equal to or greater than `to`.
 */
const clampRange = ({ from, to }: { from: number; to: number }): [from: number, to: number] => [
  Math.ceil(Math.max(0, from)),
  Math.ceil(Math.min(MAX_STORED_TIME, to)),
];

/** Downsamples readings, which must come oldest first, into buckets that start at multiples of `length` since 1970. */
class Buckets {
  /** The points of the answer: `NUMBERS_PER_POINT` numbers for each bucket. */
  readonly points: number[] = [];
  /** Number of readings in all buckets. */
  count = 0;
  #current = -1;

  /** @param length length of a bucket in ms; with 0, each reading becomes a point */
  constructor(readonly length: number) {}

  /** Adds the summary of readings that all lie in one bucket. Light is in units of 0.25. */
  add(first: number, min: number, max: number, last: number, count: number): void {
    const { points, length } = this;
    const bucket = Math.floor(first / length);
    if (length === 0 || bucket !== this.#current) {
      points.push(first, fromQuarters(min), fromQuarters(max), fromQuarters(last), count);
    } else {
      const at = points.length - NUMBERS_PER_POINT;
      points[at + 1] = Math.min(points[at + 1], fromQuarters(min));
      points[at + 2] = Math.max(points[at + 2], fromQuarters(max));
      points[at + 3] = fromQuarters(last);
      points[at + 4] += count;
    }
    this.#current = bucket;
    this.count += count;
  }
}

/**
 * Adds the readings of a range to buckets, and reads as few rows as possible. Uses the coarsest of the first `level`
 * summary tables whose intervals are no longer than a bucket. Calls itself with a finer table for the remainders at
 * both ends.
 */
function collectReadings(db: Database, device: number, from: number, to: number, into: Buckets, level: number): void {
  if (from >= to) return;
  if (level === 0) {
    forEachReading(db, device, from, to, (time, quarters) => into.add(time, quarters, quarters, quarters, 1));
    return;
  }
  const { table, length } = SUMMARY_TABLES[level - 1];
  const start = Math.ceil(from / length);
  const end = Math.floor(to / length);
  if (into.length < length || start >= end) return collectReadings(db, device, from, to, into, level - 1);
  collectReadings(db, device, from, start * length, into, level - 1);
  const sql = `SELECT min(first) AS first, min(min) AS min, max(max) AS max, max(last) & 4095 AS last, sum(count) AS count
    FROM ${table} WHERE key >= ? AND key < ? GROUP BY (key & ${KEYS_PER_DEVICE - 1}) / ? ORDER BY 1`;
  db.each(sql, [device * KEYS_PER_DEVICE + start, device * KEYS_PER_DEVICE + end, into.length / length], (row: Row) =>
    into.add(Number(row.first), Number(row.min), Number(row.max), Number(row.last), Number(row.count)),
  );
  collectReadings(db, device, end * length, to, into, level - 1);
}

/** Passes each reading of a range to `use`, oldest first. Light is in units of 0.25. */
function forEachReading(
  db: Database,
  device: number,
  from: number,
  to: number,
  use: (time: number, quarters: number) => void,
): void {
  const base = device * KEYS_PER_DEVICE;
  const sql = "SELECT key, readings FROM chunks WHERE key >= ? AND key < ? ORDER BY key";
  db.each(sql, [base + Math.floor(from / CHUNK_LENGTH), base + Math.ceil(to / CHUNK_LENGTH)], ({ key, readings }) => {
    const start = (Number(key) - base) * CHUNK_LENGTH;
    for (const packed of decodeReadings(readings)) {
      const time = start + offsetOf(packed);
      if (time >= from && time < to) use(time, quartersOf(packed));
    }
  });
}

/** Returns the end of the page that starts at `from`: the end of a chunk, or `to`. */
function endOfPage(db: Database, device: number, from: number, to: number): number {
  const base = device * KEYS_PER_DEVICE;
  const sql = "SELECT key, count FROM chunks WHERE key >= ? AND key < ? ORDER BY key LIMIT ?";
  const chunks = db.selectRows(
    sql,
    base + Math.floor(from / CHUNK_LENGTH),
    base + Math.ceil(to / CHUNK_LENGTH),
    MAX_CHUNKS_PER_PAGE,
  );
  let count = 0;
  for (const [index, chunk] of chunks.entries()) {
    count += Number(chunk.count);
    if (count >= READINGS_PER_PAGE || index === MAX_CHUNKS_PER_PAGE - 1)
      return Math.min(to, (Number(chunk.key) - base + 1) * CHUNK_LENGTH);
  }
  return to;
}
