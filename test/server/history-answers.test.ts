/** Property tests: a history query returns the same answer as a scan of all readings. */
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type {
  Bucket,
  HistoryQuery,
  HistoryReading,
  HistoryRow,
  HistorySwitch,
} from "../../server/src/history/history.js";
import { CHUNK_LENGTH, MAX_STORED_TIME, HOUR_LENGTH } from "../../server/src/history/packing.js";
import { bucketLengthFor } from "../../server/src/history/bucket-length.js";
import { startPostgres } from "../support/postgres.js";
import { isMissing, POSTGRES } from "../support/programs.js";
import { createSqliteDatabase, createPostgresDatabase, type TestDatabase } from "./support/history.js";

const BASE_TIME = Date.UTC(2026, 5, 1, 7, 13, 5, 77);

/** Lengths of queried time ranges, in ms. Queries use single readings, or for long ranges totals of chunks or hours. */
const QUERY_SPANS = [60_000, 40 * 60_000, 5 * HOUR_LENGTH, 3 * 24 * HOUR_LENGTH, 400 * 24 * HOUR_LENGTH];

const offsetsWithin = (span: number) =>
  fc.oneof(
    fc.integer({ min: 0, max: span }),
    // boundary times: the start of an hour or of a chunk (a block of stored readings), and 1 ms before and after
    fc.tuple(fc.constantFrom(CHUNK_LENGTH, HOUR_LENGTH), fc.nat(), fc.constantFrom(-1, 0, 1)).map(([unit, n, off]) => {
      const first = Math.ceil(BASE_TIME / unit) * unit - BASE_TIME;
      return Math.max(0, first + unit * (n % Math.max(1, Math.floor(span / unit))) + off);
    }),
  );

const light = fc.integer({ min: 0, max: 1023 * 4 }).map((quarters) => quarters / 4);

const scenario = fc.constantFrom(...QUERY_SPANS).chain((span) =>
  fc.record({
    /** Each round adds readings and switches, then queries. */
    rounds: fc.array(
      fc.record({
        readings: fc.array(fc.record({ offset: offsetsWithin(span), light }), { maxLength: 60 }),
        switches: fc.array(fc.record({ offset: offsetsWithin(span), led_on: fc.boolean() }), { maxLength: 5 }),
        from: offsetsWithin(span),
        length: offsetsWithin(span),
        points: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(100, 5000)),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    again: fc.boolean(),
  }),
);

/** Removes duplicates and sorts readings by time, then by light. */
function sortReadings(readings: readonly HistoryReading[]): HistoryReading[] {
  const set = new Map(readings.map((reading) => [`${reading.time} ${reading.light}`, reading]));
  return [...set.values()].sort((a, b) => a.time - b.time || a.light - b.light);
}

/** Reference implementation of downsampling: scans sorted readings. */
function downsample(readings: readonly HistoryReading[], step: number): Bucket[] {
  const made: Bucket[] = [];
  let current = -1;
  for (const { time, light } of readings) {
    const bucket = Math.floor(time / step);
    if (step > 0 && bucket === current) {
      const { time: first, min, max, count } = made.pop()!;
      made.push({ time: first, min: Math.min(min, light), max: Math.max(max, light), last: light, count: count + 1 });
    } else made.push({ time, min: light, max: light, last: light, count: 1 });
    current = bucket;
  }
  return made;
}

const TEST_NAME = "for any readings in any order, a query returns the same answer as a scan of all readings";

async function expectRightAnswers({ open }: TestDatabase, numRuns: number): Promise<void> {
  const kept = await open();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(scenario, async ({ rounds, again }) => {
      const device = `any/${runs++}`;
      const readings: HistoryReading[] = [];
      const switches: HistorySwitch[] = [];
      for (const round of rounds) {
        for (const { offset, light } of round.readings) readings.push({ time: BASE_TIME + offset, light });
        for (const reading of readings.slice(again ? 0 : readings.length - round.readings.length))
          kept.addReading(device, reading);
        for (const { offset, led_on } of round.switches) {
          const change = { time: BASE_TIME + offset, led_on, by: "server", reason: `because ${offset}` } as const;
          switches.push(change);
          kept.addSwitch(device, change);
        }
        const from = BASE_TIME + round.from;
        const query: HistoryQuery = { device, from, to: from + 1 + round.length, points: round.points };
        const answer = await kept.query(query);

        const isIn = ({ time }: { time: number }) => time >= query.from && time < query.to;
        const asked = sortReadings(readings).filter(isIn);
        expect(answer.step === 0).toBe(asked.length <= query.points);
        expect(answer.points.length).toBeLessThanOrEqual(query.points);
        expect(answer.points).toEqual(downsample(asked, answer.step));
        const turns = switches.toSorted((a, b) => a.time - b.time);
        expect(answer.switches).toEqual(turns.filter(isIn));
        expect(answer.led_on).toBe(turns.findLast(({ time }) => time <= from)?.led_on ?? null);

        const rows: HistoryRow[] = [];
        for await (const batch of kept.rows(device, query.from, query.to)) rows.push(...batch);
        expect(rows.filter((row) => row.light !== null).map(({ time, light }) => ({ time, light }))).toEqual(asked);
        expect(rows.filter((row) => row.light === null).length).toBe(answer.switches.length);
        expect(rows.map(({ time }) => time)).toEqual(rows.map(({ time }) => time).sort((a, b) => a - b));
      }
    }),
    { numRuns },
  );
}

test(TEST_NAME, async () => expectRightAnswers(await createSqliteDatabase(), 150));

describe.skipIf(isMissing(POSTGRES, "PostgreSQL"))("in PostgreSQL", () => {
  test(
    TEST_NAME,
    async () => {
      const postgres = await startPostgres();
      onTestFinished(() => postgres.remove());
      await expectRightAnswers(await createPostgresDatabase(postgres), 60);
    },
    300_000,
  );
});

test("with 1,000 points, a month has buckets of an hour and a day has buckets of two minutes; no range has too many buckets", () => {
  const midnight = Date.UTC(2026, 5, 1);
  expect(bucketLengthFor(midnight, midnight + 30 * 24 * HOUR_LENGTH, 1000)).toBe(HOUR_LENGTH);
  expect(bucketLengthFor(midnight, midnight + 24 * HOUR_LENGTH, 1000)).toBe(120_000);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: MAX_STORED_TIME - 2 }),
      fc.integer({ min: 1, max: MAX_STORED_TIME }),
      fc.integer({ min: 1, max: 5000 }),
      (from, length, points) => {
        const to = Math.min(MAX_STORED_TIME, from + length);
        const step = bucketLengthFor(from, to, points);
        expect(Math.floor((to - 1) / step) - Math.floor(from / step) + 1).toBeLessThanOrEqual(points);
        expect(step % (step < CHUNK_LENGTH ? 1 : step < HOUR_LENGTH ? CHUNK_LENGTH : HOUR_LENGTH)).toBe(0);
      },
    ),
  );
});
