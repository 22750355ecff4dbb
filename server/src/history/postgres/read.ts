import type { Pool } from "pg";
import { MAX_SWITCHES, type HistoryQuery, type HistorySwitch } from "../history.js";
import { fromQuarters, HOUR_LENGTH, MAX_STORED_TIME } from "../packing.js";
import { bucketLengthFor } from "../bucket-length.js";
import { NUMBERS_PER_POINT, type PackedAnswer, type HistoryPage, type HistoryRange } from "../protocol.js";

/** Maximum number of readings, and also maximum number of switches, in one page of an export. */
const ROWS_PER_PAGE = 5000;

/**
 * The columns of a summary. Casts bigint to float8, because `pg` returns bigint as a string. float8 represents every
 * stored time exactly.
 */
const SUMMARY_COLUMNS = "first::float8 AS first, min, max, (last & 4095)::int AS last, count::int AS count";

/**
 * Downsamples the readings of device $1 from $2 to $3 (excluded) into buckets of $6 ms. Whole hours, from $4 to $5
 * (excluded), come from the table `hours`, the rest from `readings`. With $4 = $5 everything comes from `readings`.
 */
const SELECT_BUCKETS = `SELECT ${SUMMARY_COLUMNS} FROM (
    SELECT min(first) AS first, min(min) AS min, max(max) AS max, max(last) AS last, sum(count) AS count FROM (
      SELECT time AS first, light AS min, light AS max, time << 12 | light AS last, 1 AS count FROM nightlight.readings
        WHERE device = $1 AND time >= $2::bigint AND time < $4::bigint
      UNION ALL
      SELECT first, min, max, last, count FROM nightlight.hours
        WHERE device = $1 AND hour >= ($4::bigint / ${HOUR_LENGTH})::int AND hour < ($5::bigint / ${HOUR_LENGTH})::int
      UNION ALL
      SELECT time, light, light, time << 12 | light, 1 FROM nightlight.readings
        WHERE device = $1 AND time >= $5::bigint AND time < $3::bigint
    ) AS parts GROUP BY parts.first / $6::bigint
  ) AS buckets ORDER BY first`;

const SELECT_READINGS = `SELECT time::float8 AS time, light FROM nightlight.readings
  WHERE device = $1 AND time >= $2 AND time < $3 ORDER BY readings.time, light LIMIT $4`;

/** Selects switches sorted by time; switches with the same time are in the order of arrival. */
const selectSwitchesSql = (order: "ASC" | "DESC"): string =>
  `SELECT time::float8 AS time, led_on, by, reason FROM nightlight.switches
   WHERE device = $1 AND time >= $2 AND time < $3 ORDER BY switches.time ${order}, writer ${order}, number ${order} LIMIT $4`;

const SELECT_LAMP_STATE = `SELECT led_on FROM nightlight.switches WHERE device = $1 AND time <= $2
  ORDER BY time DESC, writer DESC, number DESC LIMIT 1`;

interface SummaryRow {
  first: number;
  min: number;
  max: number;
  last: number;
  count: number;
}

interface ReadingRow {
  time: number;
  light: number;
}

/** Returns the number of a device; undefined when the device has no history. */
export async function deviceNumberOf(pool: Pool, id: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ number: number }>("SELECT number FROM nightlight.devices WHERE id = $1", [id]);
  return rows[0]?.number;
}

/** Answers a query. The caller has validated the query. */
export async function answerQuery(pool: Pool, device: number, query: HistoryQuery): Promise<PackedAnswer> {
  const [from, to] = clampRange(query);
  const [buckets, lamp, switches] = await Promise.all([
    readBuckets(pool, device, from, to, bucketLengthFor(from, to, query.points)),
    pool.query<{ led_on: boolean }>(SELECT_LAMP_STATE, [device, from]),
    pool.query<HistorySwitch>(selectSwitchesSql("DESC"), [device, from, to, MAX_SWITCHES]),
  ]);
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const isEachReading = count <= query.points;
  return {
    points: isEachReading ? await readReadings(pool, device, from, to, count) : packPoints(buckets),
    step: isEachReading ? 0 : bucketLengthFor(from, to, query.points),
    led_on: lamp.rows[0]?.led_on ?? null,
    switches: switches.rows.reverse(),
  };
}

/** Reads one page of an export. The page ends before the time of the first reading or switch that does not fit. */
export async function readPage(pool: Pool, device: number, range: HistoryRange): Promise<HistoryPage> {
  const [from, to] = clampRange(range);
  const [readings, switches] = await Promise.all([
    pool.query<ReadingRow>(SELECT_READINGS, [device, from, to, ROWS_PER_PAGE + 1]),
    pool.query<HistorySwitch>(selectSwitchesSql("ASC"), [device, from, to, ROWS_PER_PAGE + 1]),
  ]);
  let next = Math.min(to, readings.rows[ROWS_PER_PAGE]?.time ?? to, switches.rows[ROWS_PER_PAGE]?.time ?? to);
  // A page must advance by at least 1 ms, so read all entries of this ms, even if they are too many for a page.
  if (next <= from) {
    next = from + 1;
    readings.rows = (await pool.query<ReadingRow>(SELECT_READINGS, [device, from, next, null])).rows;
    switches.rows = (await pool.query<HistorySwitch>(selectSwitchesSql("ASC"), [device, from, next, null])).rows;
  }
  const pageReadings = readings.rows.filter(({ time }) => time < next);
  return {
    times: Float64Array.from(pageReadings, ({ time }) => time),
    lights: Float32Array.from(pageReadings, ({ light }) => fromQuarters(light)),
    switches: switches.rows.filter(({ time }) => time < next),
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

async function readBuckets(
  pool: Pool,
  device: number,
  from: number,
  to: number,
  length: number,
): Promise<SummaryRow[]> {
  if (from >= to) return [];
  const start = Math.ceil(from / HOUR_LENGTH) * HOUR_LENGTH;
  const end = Math.floor(to / HOUR_LENGTH) * HOUR_LENGTH;
  const wholeHours = length >= HOUR_LENGTH && start < end ? [start, end] : [to, to];
  const { rows } = await pool.query<SummaryRow>({
    name: "buckets",
    text: SELECT_BUCKETS,
    values: [device, from, to, ...wholeHours, length],
  });
  return rows;
}

async function readReadings(
  pool: Pool,
  device: number,
  from: number,
  to: number,
  count: number,
): Promise<Float64Array> {
  if (count === 0) return new Float64Array();
  const { rows } = await pool.query<ReadingRow>(SELECT_READINGS, [device, from, to, count]);
  return packPoints(rows.map(({ time, light }) => ({ first: time, min: light, max: light, last: light, count: 1 })));
}

function packPoints(summaries: readonly SummaryRow[]): Float64Array {
  const points = new Float64Array(summaries.length * NUMBERS_PER_POINT);
  summaries.forEach(({ first, min, max, last, count }, index) =>
    points.set([first, fromQuarters(min), fromQuarters(max), fromQuarters(last), count], index * NUMBERS_PER_POINT),
  );
  return points;
}
