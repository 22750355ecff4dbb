import type { Database, Row } from "./database.js";
import type { HistoryQuery } from "./history.js";
import { CHUNK, END_OF_TIME, HOUR, lightOf, offsetOf, quartersIn } from "./packing.js";
import { POINT, type PackedAnswer, type Page, type Range } from "./protocol.js";
import { stepFor } from "./steps.js";
import { readingsOf, SPAN, type Store } from "./store.js";

const MAX_SWITCHES = 5000;

/** A page of an export ends with the chunk that has the so-manieth reading, or comes after so many chunks. */
const PAGE = 4000;
const PAGE_CHUNKS = 1000;

/** What sums up readings, from fine to coarse. */
const LEVELS = [
  { table: "chunks", length: CHUNK },
  { table: "hours", length: HOUR },
];

/** The answer to a query; its range and its number of points are right. */
export function answer({ database, switches }: Store, device: number, query: HistoryQuery): PackedAnswer {
  const [from, to] = rangeOf(query);
  const read = (step: number): Buckets => {
    const buckets = new Buckets(step);
    collect(database, device, from, to, buckets, LEVELS.length);
    return buckets;
  };
  const bucketed = read(stepFor(from, to, query.points));
  const told = bucketed.count > query.points ? bucketed : read(0);
  return {
    points: Float64Array.from(told.points),
    step: told.step,
    led_on: switches.lampAt(device, from) ?? null,
    switches: switches.latest(device, from, to, MAX_SWITCHES),
  };
}

/** One page of an export. */
export function page({ database, switches }: Store, device: number, range: Range): Page {
  const [from, to] = rangeOf(range);
  let next = endOfPage(database, device, from, to);
  const switched = switches.first(device, from, next, MAX_SWITCHES + 1);
  // more at one ms than fit a page: all of that ms
  if (switched.length > MAX_SWITCHES) next = Math.max(from + 1, switched[MAX_SWITCHES].time);
  const times: number[] = [];
  const lights: number[] = [];
  eachReading(database, device, from, next, (time, quarters) => {
    times.push(time);
    lights.push(lightOf(quarters));
  });
  return {
    times: Float64Array.from(times),
    lights: Float32Array.from(lights),
    switches: switched.filter(({ time }) => time < next),
    next,
  };
}

/** Where readings can be: times are whole ms. When that is nowhere, `from` is not before `to`. */
const rangeOf = ({ from, to }: { from: number; to: number }): [from: number, to: number] => [
  Math.ceil(Math.max(0, from)),
  Math.ceil(Math.min(END_OF_TIME, to)),
];

/** What was read, oldest first, in buckets that begin at whole multiples of `step` since 1970. */
class Buckets {
  /** `POINT` numbers each. */
  readonly points: number[] = [];
  /** Readings in all. */
  count = 0;
  #current = -1;

  /** `step`: the length of a bucket in ms; 0: each reading is by itself. */
  constructor(readonly step: number) {}

  /** Takes readings that lie in one bucket; light in quarters. */
  add(first: number, min: number, max: number, last: number, count: number): void {
    const { points, step } = this;
    const bucket = Math.floor(first / step);
    if (step === 0 || bucket !== this.#current) {
      points.push(first, lightOf(min), lightOf(max), lightOf(last), count);
    } else {
      const at = points.length - POINT;
      points[at + 1] = Math.min(points[at + 1], lightOf(min));
      points[at + 2] = Math.max(points[at + 2], lightOf(max));
      points[at + 3] = lightOf(last);
      points[at + 4] += count;
    }
    this.#current = bucket;
    this.count += count;
  }
}

/**
 * Collects from the coarsest of the first `level` levels whose stretches lie in one bucket each, and what is left at
 * both ends from the finer ones: so the ends are exact, and little is read.
 */
function collect(db: Database, device: number, from: number, to: number, into: Buckets, level: number): void {
  if (from >= to) return;
  if (level === 0) {
    eachReading(db, device, from, to, (time, quarters) => into.add(time, quarters, quarters, quarters, 1));
    return;
  }
  const { table, length } = LEVELS[level - 1];
  const start = Math.ceil(from / length);
  const end = Math.floor(to / length);
  if (into.step < length || start >= end) return collect(db, device, from, to, into, level - 1);
  collect(db, device, from, start * length, into, level - 1);
  const sql = `SELECT min(first) AS first, min(min) AS min, max(max) AS max, max(last) & 4095 AS last, sum(count) AS count
    FROM ${table} WHERE key >= ? AND key < ? GROUP BY (key & ${SPAN - 1}) / ? ORDER BY 1`;
  db.each(sql, [device * SPAN + start, device * SPAN + end, into.step / length], (row: Row) =>
    into.add(Number(row.first), Number(row.min), Number(row.max), Number(row.last), Number(row.count)),
  );
  collect(db, device, end * length, to, into, level - 1);
}

/** The readings of a range, oldest first; light in quarters. */
function eachReading(
  db: Database,
  device: number,
  from: number,
  to: number,
  use: (time: number, quarters: number) => void,
): void {
  const base = device * SPAN;
  const sql = "SELECT key, readings FROM chunks WHERE key >= ? AND key < ? ORDER BY key";
  db.each(sql, [base + Math.floor(from / CHUNK), base + Math.ceil(to / CHUNK)], ({ key, readings }) => {
    const start = (Number(key) - base) * CHUNK;
    for (const packed of readingsOf(readings)) {
      const time = start + offsetOf(packed);
      if (time >= from && time < to) use(time, quartersIn(packed));
    }
  });
}

/** Where a page that begins at `from` ends: with a chunk, or at `to`. */
function endOfPage(db: Database, device: number, from: number, to: number): number {
  const base = device * SPAN;
  const sql = "SELECT key, count FROM chunks WHERE key >= ? AND key < ? ORDER BY key LIMIT ?";
  const chunks = db.rows(sql, base + Math.floor(from / CHUNK), base + Math.ceil(to / CHUNK), PAGE_CHUNKS);
  let count = 0;
  for (const [index, chunk] of chunks.entries()) {
    count += Number(chunk.count);
    if (count >= PAGE || index === PAGE_CHUNKS - 1) return Math.min(to, (Number(chunk.key) - base + 1) * CHUNK);
  }
  return to;
}
