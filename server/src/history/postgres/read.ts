import type { Pool } from "pg";
import type { HistoryQuery, HistorySwitch } from "../history.js";
import { END_OF_TIME, HOUR, lightOf } from "../packing.js";
import { POINT, type PackedAnswer, type Page, type Range } from "../protocol.js";
import { stepFor } from "../steps.js";

const MAX_SWITCHES = 5000;

/** Readings and switches of a page of an export, each at most. */
const PAGE = 5000;

/** float8 holds every time there is, and is a number in JavaScript; bigint would be a text. */
const COLUMNS = "first::float8 AS first, min, max, (last & 4095)::int AS last, count::int AS count";

/**
 * Buckets of $6 ms from $2 to before $3. What is of whole hours, from $4 to before $5, comes from their sums; with
 * $4 = $5 everything comes from the readings.
 */
const BUCKETS = `SELECT ${COLUMNS} FROM (
    SELECT min(first) AS first, min(min) AS min, max(max) AS max, max(last) AS last, sum(count) AS count FROM (
      SELECT time AS first, light AS min, light AS max, time << 12 | light AS last, 1 AS count FROM nightlight.readings
        WHERE device = $1 AND time >= $2::bigint AND time < $4::bigint
      UNION ALL
      SELECT first, min, max, last, count FROM nightlight.hours
        WHERE device = $1 AND hour >= ($4::bigint / ${HOUR})::int AND hour < ($5::bigint / ${HOUR})::int
      UNION ALL
      SELECT time, light, light, time << 12 | light, 1 FROM nightlight.readings
        WHERE device = $1 AND time >= $5::bigint AND time < $3::bigint
    ) AS parts GROUP BY parts.first / $6::bigint
  ) AS buckets ORDER BY first`;

const READINGS = `SELECT time::float8 AS time, light FROM nightlight.readings
  WHERE device = $1 AND time >= $2 AND time < $3 ORDER BY readings.time, light LIMIT $4`;

/** @param order of their times; those of one time in the order in which they were added */
const switchesIn = (order: "ASC" | "DESC"): string =>
  `SELECT time::float8 AS time, led_on, by, reason FROM nightlight.switches
   WHERE device = $1 AND time >= $2 AND time < $3 ORDER BY switches.time ${order}, writer ${order}, number ${order} LIMIT $4`;

const LAMP = `SELECT led_on FROM nightlight.switches WHERE device = $1 AND time <= $2
  ORDER BY time DESC, writer DESC, number DESC LIMIT 1`;

interface Summary {
  first: number;
  min: number;
  max: number;
  last: number;
  count: number;
}

interface Reading {
  time: number;
  light: number;
}

/** The number of a device; undefined when there is nothing of it. */
export async function numberOf(pool: Pool, id: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ number: number }>("SELECT number FROM nightlight.devices WHERE id = $1", [id]);
  return rows[0]?.number;
}

/** The answer to a query; its range and its number of points are right. */
export async function answer(pool: Pool, device: number, query: HistoryQuery): Promise<PackedAnswer> {
  const [from, to] = rangeOf(query);
  const [bucketed, lamp, switches] = await Promise.all([
    buckets(pool, device, from, to, stepFor(from, to, query.points)),
    pool.query<{ led_on: boolean }>(LAMP, [device, from]),
    pool.query<HistorySwitch>(switchesIn("DESC"), [device, from, to, MAX_SWITCHES]),
  ]);
  const count = bucketed.reduce((sum, bucket) => sum + bucket.count, 0);
  const each = count <= query.points;
  return {
    points: each ? await singly(pool, device, from, to, count) : packed(bucketed),
    step: each ? 0 : stepFor(from, to, query.points),
    led_on: lamp.rows[0]?.led_on ?? null,
    switches: switches.rows.reverse(),
  };
}

/** One page of an export: it ends before the time of the first reading or switch that is too many. */
export async function page(pool: Pool, device: number, range: Range): Promise<Page> {
  const [from, to] = rangeOf(range);
  const [readings, switches] = await Promise.all([
    pool.query<Reading>(READINGS, [device, from, to, PAGE + 1]),
    pool.query<HistorySwitch>(switchesIn("ASC"), [device, from, to, PAGE + 1]),
  ]);
  let next = Math.min(to, readings.rows[PAGE]?.time ?? to, switches.rows[PAGE]?.time ?? to);
  // more at one ms than fit a page: all of that ms
  if (next <= from) {
    next = from + 1;
    readings.rows = (await pool.query<Reading>(READINGS, [device, from, next, null])).rows;
    switches.rows = (await pool.query<HistorySwitch>(switchesIn("ASC"), [device, from, next, null])).rows;
  }
  const before = readings.rows.filter(({ time }) => time < next);
  return {
    times: Float64Array.from(before, ({ time }) => time),
    lights: Float32Array.from(before, ({ light }) => lightOf(light)),
    switches: switches.rows.filter(({ time }) => time < next),
    next,
  };
}

/** Where readings can be: times are whole ms. When that is nowhere, `from` is not before `to`. */
const rangeOf = ({ from, to }: { from: number; to: number }): [from: number, to: number] => [
  Math.ceil(Math.max(0, from)),
  Math.ceil(Math.min(END_OF_TIME, to)),
];

async function buckets(pool: Pool, device: number, from: number, to: number, step: number): Promise<Summary[]> {
  if (from >= to) return [];
  const start = Math.ceil(from / HOUR) * HOUR;
  const end = Math.floor(to / HOUR) * HOUR;
  const whole = step >= HOUR && start < end ? [start, end] : [to, to];
  const { rows } = await pool.query<Summary>({
    name: "buckets",
    text: BUCKETS,
    values: [device, from, to, ...whole, step],
  });
  return rows;
}

async function singly(pool: Pool, device: number, from: number, to: number, count: number): Promise<Float64Array> {
  if (count === 0) return new Float64Array();
  const { rows } = await pool.query<Reading>(READINGS, [device, from, to, count]);
  return packed(rows.map(({ time, light }) => ({ first: time, min: light, max: light, last: light, count: 1 })));
}

function packed(summaries: readonly Summary[]): Float64Array {
  const points = new Float64Array(summaries.length * POINT);
  summaries.forEach(({ first, min, max, last, count }, index) =>
    points.set([first, lightOf(min), lightOf(max), lightOf(last), count], index * POINT),
  );
  return points;
}
