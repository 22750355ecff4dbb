/** A test suite that the history must pass with each of its databases, SQLite and PostgreSQL. */
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { countReadings, type TestHistory, type TestDatabase } from "./support/history.js";

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.UTC(2026, 5, 1);

/** Adds one reading per second, with light 500. */
export function addReadingEverySecond(to: TestHistory, device: string, seconds: number, from = MIDNIGHT): void {
  for (let n = 0; n < seconds; n++) to.addReading(device, { time: from + n * SECOND, light: 500 });
}

/** Defines the tests. @param place creates an empty database */
export function testHistoryGuarantees(place: () => Promise<TestDatabase>): void {
  describe("a query", () => {
    test("a query shows a spike of one reading in the plot of a month", async () => {
      const kept = await (await place()).open();
      for (let minute = 0; minute < 30 * 24 * 60; minute++)
        kept.addReading("porch", { time: MIDNIGHT + minute * 60_000, light: 100 });
      kept.addReading("porch", { time: MIDNIGHT + 17 * DAY + 12_345, light: 1023 });
      const { points, step } = await kept.query({
        device: "porch",
        from: MIDNIGHT,
        to: MIDNIGHT + 30 * DAY,
        points: 1000,
      });
      expect(step).toBe(HOUR);
      expect(points).toHaveLength(720);
      expect(points[17 * 24]).toEqual({ time: MIDNIGHT + 17 * DAY, min: 100, max: 1023, last: 100, count: 61 });
      expect(points.filter(({ max }) => max > 100)).toHaveLength(1);
    });

    test("a query returns each reading when there are few, with light rounded to 0.25", async () => {
      const kept = await (await place()).open();
      kept.addReading("porch", { time: MIDNIGHT, light: 211.25 });
      kept.addReading("porch", { time: MIDNIGHT + 1, light: 1022.9 });
      const { points, step } = await kept.query({ device: "porch", from: MIDNIGHT, to: MIDNIGHT + 2, points: 2 });
      expect(step).toBe(0);
      expect(points.map(({ time, last }) => [time, last])).toEqual([
        [MIDNIGHT, 211.25],
        [MIDNIGHT + 1, 1023],
      ]);
    });

    test("a query sorts late readings by time and ignores duplicates", async () => {
      const kept = await (await place()).open();
      addReadingEverySecond(kept, "porch", 7200);
      const query = { device: "porch", from: MIDNIGHT, to: MIDNIGHT + 2 * HOUR, points: 2 };
      expect((await kept.query(query)).points.map(({ count, max }) => [count, max])).toEqual([
        [3600, 500],
        [3600, 500],
      ]);
      for (let again = 0; again < 2; again++) {
        kept.addReading("porch", { time: MIDNIGHT + 30 * SECOND + 7, light: 900 });
        addReadingEverySecond(kept, "porch", 7200);
        expect((await kept.query(query)).points.map(({ count, max }) => [count, max])).toEqual([
          [3601, 900],
          [3600, 500],
        ]);
      }
    });

    test("a query finds everything after an immediate close and a restart", async () => {
      const where = await place();
      const first = await where.open();
      addReadingEverySecond(first, "porch", 12_345);
      first.addSwitch("porch", { time: MIDNIGHT, led_on: true, by: "person", reason: "Ada wants light" });
      await first.close();
      expect(first.stats).toEqual({ waiting: 0, written: 12_346, lost: 0 });
      const second = await where.open();
      expect(await countReadings(second, "porch")).toBe(12_345);
      expect(await second.query({ device: "porch", from: 0, to: MIDNIGHT + 1, points: 1 })).toMatchObject({
        led_on: null,
        switches: [{ time: MIDNIGHT, led_on: true, by: "person", reason: "Ada wants light" }],
      });
    });

    test("a query returns the latest 5,000 switches and the state of the lamp at the start of the range", async () => {
      const kept = await (await place()).open();
      for (let n = 0; n < 6001; n++)
        kept.addSwitch("porch", { time: MIDNIGHT + n, led_on: n % 2 === 0, by: "server", reason: `${n}` });
      const { switches, led_on } = await kept.query({
        device: "porch",
        from: MIDNIGHT + 3,
        to: MIDNIGHT + DAY,
        points: 10,
      });
      expect(led_on).toBe(false);
      expect(switches).toHaveLength(5000);
      expect([switches[0].reason, switches.at(-1)!.reason]).toEqual(["1001", "6000"]);
    });

    test("a query for the latest reading and switch of several devices works after a restart", async () => {
      const kept = await place();
      const first = await kept.open();
      const change = { by: "server", reason: "dark" } as const;
      for (let n = 0; n < 20; n++) first.addReading("porch", { time: MIDNIGHT + n * HOUR, light: n });
      for (let n = 0; n < 20; n++)
        first.addSwitch("porch", { ...change, time: MIDNIGHT + n * 400_000, led_on: n % 2 === 1 });
      first.addSwitch("porch", { ...change, time: MIDNIGHT + 19 * 400_000 + 1, led_on: false });
      first.addReading("hall", { time: MIDNIGHT, light: 7.5 });
      first.addSwitch("cellar", { ...change, time: MIDNIGHT, led_on: true });
      const latest = [
        { switched: MIDNIGHT, led_on: true },
        undefined,
        { time: MIDNIGHT, light: 7.5 },
        { time: MIDNIGHT + 19 * HOUR, light: 19, switched: MIDNIGHT + 19 * 400_000 + 1, led_on: false },
      ];
      await first.close();
      const second = await kept.open();
      expect(await second.readLatest(["cellar", "nobody", "hall", "porch"])).toEqual(latest);
      expect(await second.readLatest([])).toEqual([]);
    });

    test("a query for an export returns every reading and switch in batches of at most 5,000", async () => {
      const kept = await (await place()).open();
      addReadingEverySecond(kept, "porch", 20_000);
      for (let n = 0; n < 6000; n++)
        kept.addSwitch("porch", { time: MIDNIGHT + 500 + n * 3 * SECOND, led_on: true, by: "device", reason: "" });
      const sizes: number[] = [];
      const times: number[] = [];
      for await (const rows of kept.rows("porch", 0, Number.MAX_SAFE_INTEGER)) {
        sizes.push(rows.length);
        times.push(...rows.map(({ time }) => time));
      }
      expect(times).toHaveLength(26_000);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(5000);
    });

    test("a query for an export returns every switch when thousands have the same time", async () => {
      const kept = await (await place()).open();
      for (let n = 0; n < 12_000; n++) {
        const time = MIDNIGHT + Math.max(0, n - 11_000) * SECOND;
        kept.addSwitch("porch", { time, led_on: n % 2 === 0, by: "server", reason: `${n}` });
      }
      const reasons: number[] = [];
      for await (const rows of kept.rows("porch", 0, Number.MAX_SAFE_INTEGER))
        reasons.push(...rows.map(({ reason }) => Number(reason)));
      expect(reasons).toEqual(Array.from({ length: 12_000 }, (_, n) => n));
    });

    test("a query finds no old data of a forgotten device, and new data when the device reports again", async () => {
      const where = await place();
      const kept = await where.open();
      addReadingEverySecond(kept, "porch", 10_000);
      addReadingEverySecond(kept, "cellar", 10);
      await kept.forget("porch");
      expect(await countReadings(kept, "porch")).toBe(0);
      addReadingEverySecond(kept, "porch", 3);
      expect([await countReadings(kept, "porch"), await countReadings(kept, "cellar")]).toEqual([3, 10]);
      await kept.forget("nobody");
      await kept.close();
      const again = await where.open();
      expect([await countReadings(again, "porch"), await countReadings(again, "cellar")]).toEqual([3, 10]);
    });
  });

  describe("retention", () => {
    const addEntriesEveryHour = (kept: TestHistory, now: number): void => {
      for (let hour = 0; hour < 100; hour++) {
        kept.addReading("porch", { time: now - hour * HOUR, light: hour });
        kept.addSwitch("porch", { time: now - hour * HOUR, led_on: hour % 2 === 0, by: "server", reason: `${hour}` });
      }
    };

    test("retention deletes old readings in whole hours, in a running server and at the next start", async () => {
      const where = await place();
      const now = Date.now();
      const kept = await where.open();
      addEntriesEveryHour(kept, now);
      expect(await countReadings(kept, "porch")).toBe(100);
      kept.retain({ readings: 50 * HOUR, switches: undefined });
      await eventually(async () => (await countReadings(kept, "porch")) <= 52, { what: "old readings to be deleted" });
      const { points, switches } = await kept.query({ device: "porch", from: 0, to: now + 1, points: 5000 });
      expect(points[0].time).toBeGreaterThan(now - 52 * HOUR);
      expect(points[0].time).toBeLessThanOrEqual(now - 50 * HOUR);
      expect(switches).toHaveLength(100);
      await kept.close();
      const again = await where.open({ readings: 20 * HOUR, switches: undefined });
      await eventually(async () => (await countReadings(again, "porch")) <= 22, { what: "old readings to be deleted" });
    });

    test("retention keeps the last old switch, which defines the state of the lamp", async () => {
      const now = Date.now();
      const kept = await (await place()).open();
      addEntriesEveryHour(kept, now);
      expect(await countReadings(kept, "porch")).toBe(100);
      kept.retain({ readings: undefined, switches: 30.5 * HOUR });
      const queryRecent = () => kept.query({ device: "porch", from: now - 30.5 * HOUR, to: now + 1, points: 5000 });
      await eventually(
        async () => (await kept.query({ device: "porch", from: 0, to: now + 1, points: 1 })).switches.length === 32,
        { what: "old switches to be deleted" },
      );
      expect(await countReadings(kept, "porch")).toBe(100);
      expect(await queryRecent()).toMatchObject({ led_on: false });
      expect((await queryRecent()).switches).toHaveLength(31);
    });
  });

  describe("invalid input", () => {
    test("invalid input in a query is rejected with the allowed values", async () => {
      const kept = await (await place()).open();
      const queryRange = (from: number, to: number, points: number) =>
        kept.query({ device: "porch", from, to, points });
      for (const refused of [
        queryRange(2, 1, 1),
        queryRange(NaN, 1, 1),
        queryRange(0, Infinity, 1),
        queryRange(0, 1, 0),
        queryRange(0, 1, 5001),
      ])
        await expect(refused).rejects.toThrow(RangeError);
      await expect(queryRange(0, 1, 1.5)).rejects.toThrow("1 to 5000 points, not 1.5");
      expect(await queryRange(-1e18, 1e18, 1)).toEqual({ points: [], led_on: null, switches: [], step: 0 });
    });

    test("invalid input in a reading is counted as lost and does not throw", async () => {
      const kept = await (await place()).open();
      for (const time of [NaN, 0.5, Infinity]) kept.addReading("porch", { time, light: 1 });
      for (const time of [-1, 2 ** 43]) kept.addReading("porch", { time, light: 1, isDated: true });
      kept.addReading("porch", { time: 1, light: NaN });
      kept.addReading("porch", { time: 2, light: 5e9 });
      kept.addReading("", { time: 3, light: -7 });
      expect(await countReadings(kept, "porch")).toBe(1);
      expect(kept.stats).toEqual({ waiting: 0, written: 2, lost: 6 });
    });
  });
}
