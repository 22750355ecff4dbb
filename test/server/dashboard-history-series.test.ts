import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Period } from "../../server/dashboard/board/period.js";
import { summarize } from "../../server/dashboard/board/summary.js";
import { toHistoryAnswer, downsample, HistorySeries } from "../../server/dashboard/board/history-series.js";
import { en } from "../../server/dashboard/messages/en.js";
import { setMessages } from "../../server/dashboard/messages/message.js";
import type { Bucket, HistorySwitch } from "../../server/src/history/history.js";

setMessages(en, "en");

const HEARTBEAT_INTERVAL = 30_000;
const DAY = 86_400_000;

const createBucket = (time: number, last: number, change: Partial<Bucket> = {}): Bucket => ({
  time,
  min: last,
  max: last,
  last,
  count: 1,
  ...change,
});
const createSwitch = (time: number, led_on: boolean): HistorySwitch => ({ time, led_on, by: "server", reason: "" });

function seriesOf(
  points: Bucket[],
  switches: HistorySwitch[] = [],
  { step = 0, led_on = null as boolean | null } = {},
) {
  return new HistorySeries({ points, switches, step, led_on }, HEARTBEAT_INTERVAL);
}

test("readings and a switch that arrived while an answer was on its way are added, unless it contains them", () => {
  const series = seriesOf([createBucket(1000, 1), createBucket(2000, 2)], [createSwitch(1000, true)]);
  const arrivals = [
    [2000, 2],
    [3000, 3],
  ] as const;
  series.addArrivals(arrivals, createSwitch(1001, true));
  expect(series.points.map(({ last }) => last)).toEqual([1, 2, 3]);
  expect(series.switches).toEqual([createSwitch(1000, true)]);
  series.addArrivals([], createSwitch(3000, false));
  expect(series.switches).toEqual([createSwitch(1000, true), createSwitch(3000, false)]);
});

describe("the line of a board's plot", () => {
  test("the line of a board's plot is interrupted only after two heartbeat intervals without a reading", () => {
    const { time, last } = seriesOf([createBucket(0, 1), createBucket(60_000, 2), createBucket(120_001, 3)]).toColumns(
      120_001,
    );
    expect(last).toEqual([1, 2, null, 3]);
    expect(time).toEqual([0, 60_000, 120_000, 120_001]);
  });

  test("the line of a board's plot is interrupted between buckets only where a bucket is empty", () => {
    const step = 600_000;
    // Adjacent buckets of `step` ms have no gap between them, although their first readings may be almost two steps apart.
    const neighbours = seriesOf([createBucket(0, 1), createBucket(2 * step - 1, 2)], [], { step });
    expect(neighbours.toColumns(2 * step).last).not.toContain(null);
    const apart = seriesOf([createBucket(0, 1), createBucket(2 * step + 1, 2)], [], { step });
    expect(apart.toColumns(2 * step + 1).last).toEqual([1, null, 2]);
  });

  test("the line of a board's plot extends to now unless the last reading is too old", () => {
    expect(seriesOf([createBucket(0, 7)]).toColumns(50_000).time).toEqual([0, 50_000]);
    expect(seriesOf([createBucket(0, 7)]).toColumns(70_000).time).toEqual([0]);
  });

  test("the line of a board's plot keeps a spike in the minimum and maximum", () => {
    const { min, max, last } = seriesOf([createBucket(0, 100, { min: 90, max: 1000, count: 9 })], [], {
      step: 1000,
    }).toColumns(0);
    expect([min[0], max[0], last[0]]).toEqual([90, 1000, 100]);
  });

  test("the line of a board's plot stays sorted and bounded with any live readings", () => {
    const reading = fc.tuple(fc.integer({ min: 0, max: DAY }), fc.integer({ min: 0, max: 1023 }));
    fc.assert(
      fc.property(fc.array(reading), fc.constantFrom(0, 1000, 600_000), (live, step) => {
        const seen = seriesOf([], [], { step });
        for (const [time, light] of live) seen.addReading(time, light);
        const { time } = seen.toColumns(DAY);
        expect(time).toEqual([...time].sort((a, b) => a - b));
        for (const { min, max, last } of seen.points) expect(min <= last && last <= max).toBe(true);
      }),
    );
    const long = seriesOf([]);
    for (let i = 0; i < 6000; i++) long.addReading(i * 500, i % 1000);
    expect(long.points.length).toBe(5000);
    expect(long.points.at(-1)!.time).toBe(5999 * 500);
  });

  test("the line of a board's plot adds live readings to the last bucket during its time", () => {
    const seen = seriesOf([createBucket(0, 500)], [], { step: 60_000 });
    seen.addReading(1000, 900);
    seen.addReading(2000, 100);
    seen.addReading(60_000, 300);
    expect(seen.points).toEqual([createBucket(0, 100, { min: 100, max: 900, count: 3 }), createBucket(60_000, 300)]);
  });
});

describe("the time the lamp was on", () => {
  const createBucketsBetween = (from: number, to: number) =>
    Array.from({ length: (to - from) / 30_000 }, (_, i) => createBucket(from + i * 30_000, 1));

  test("the time the lamp was on extends from switch to switch, from before the range and until now", () => {
    const seen = seriesOf(
      createBucketsBetween(0, 300_000),
      [createSwitch(60_000, false), createSwitch(120_000, true)],
      {
        led_on: true,
      },
    );
    expect(seen.findLampOnRanges(0, 290_000)).toEqual([
      { from: 0, to: 60_000 },
      { from: 120_000, to: 290_000 },
    ]);
  });

  test("the time the lamp was on does not extend into gaps", () => {
    const seen = seriesOf(
      [...createBucketsBetween(0, 90_000), ...createBucketsBetween(600_000, 690_000)],
      [createSwitch(30_000, true)],
    );
    expect(seen.findGapRanges(0, 690_000)).toEqual([{ from: 90_000, to: 600_000 }]);
    expect(seen.findLampOnRanges(0, 690_000)).toEqual([
      { from: 30_000, to: 90_000 },
      { from: 600_000, to: 690_000 },
    ]);
  });

  test("the time the lamp was on is unknown before the first switch if no earlier state is known", () => {
    const seen = seriesOf(createBucketsBetween(0, 90_000), [createSwitch(60_000, true)]);
    expect(seen.lampStateAt(30_000)).toBe(null);
    expect(seen.lampStateAt(60_000)).toBe(true);
  });

  test("the time the lamp was on never overlaps gaps and stays within the requested range", () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 3_600_000 }));
    fc.assert(
      fc.property(times, times, fc.boolean(), (readings, switches, led_on) => {
        const sortTimes = (list: number[]) => list.sort((a, b) => a - b);
        const changes = sortTimes(switches).map((time, i) => createSwitch(time, i % 2 === 0));
        const seen = seriesOf(
          sortTimes(readings).map((time) => createBucket(time, 1)),
          changes,
          { led_on },
        );
        const spans = [...seen.findGapRanges(0, 3_600_000), ...seen.findLampOnRanges(0, 3_600_000)].sort(
          (a, b) => a.from - b.from,
        );
        spans.forEach(({ from, to }, i) => {
          expect(from).toBeGreaterThanOrEqual(i === 0 ? 0 : spans[i - 1].to);
          expect(to).toBeGreaterThan(from);
          expect(to).toBeLessThanOrEqual(3_600_000);
        });
      }),
    );
  });
});

describe("a server without a history", () => {
  test("a server without a history provides its latest readings and switches for the plot", () => {
    const points = [
      { time: 0, light: 500, led_on: false },
      { time: 1000, light: 200, led_on: true },
      { time: 2000, light: null, led_on: true },
      { time: 3000, light: 400, led_on: false },
    ];
    const answer = toHistoryAnswer(points, 500, 10_000);
    expect(answer.led_on).toBe(false);
    expect(answer.points.map(({ time }) => time)).toEqual([1000, 3000]);
    expect(answer.switches.map(({ time, led_on }) => [time, led_on])).toEqual([
      [1000, true],
      [3000, false],
    ]);
  });
});

describe("the text alternative of a plot", () => {
  test("names the range of the light, the time with the lamp on, and the gaps", () => {
    const points = [0, 30_000, 60_000, 600_000, 630_000].map((time, i) => createBucket(time, 100 * (i + 1)));
    const seen = seriesOf(points, [createSwitch(30_000, true), createSwitch(60_000, false)]);
    expect(summarize(seen, { from: 0, to: 650_000 }, 650_000)).toBe(
      "5 readings: light from 100 to 500; the lamp was on for 30 sec, 1 time; 1 gap without readings, 9 min in all.",
    );
    expect(summarize(seriesOf([]), { from: 0, to: 1000 }, 1000)).toBe("No readings in this period.");
  });

  test("the text alternative of a plot includes a table of bounded length that covers all readings", () => {
    const points = Array.from({ length: 1234 }, (_, i) => createBucket(i, i % 1000, { count: 2 }));
    const rows = downsample(points, 100);
    expect(rows.length).toBeLessThanOrEqual(100);
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(2468);
    expect(Math.max(...rows.map(({ max }) => max))).toBe(999);
    expect(rows.at(-1)!.last).toBe(233);
    expect(downsample([], 100)).toEqual([]);
  });
});

describe("the time range of a plot", () => {
  const NOW = 10 * DAY;

  test("the time range of a plot ends now until the user moves it back, and again after returning to now", () => {
    const latest = Period.latest(DAY);
    expect(latest.rangeAt(NOW)).toEqual({ from: NOW - DAY, to: NOW });
    expect(latest.rangeAt(NOW + 5).to).toBe(NOW + 5);
    const earlier = latest.move(-1, NOW);
    expect(earlier.rangeAt(NOW + 5)).toEqual({ from: NOW - 2 * DAY, to: NOW - DAY });
    expect(earlier.move(1, NOW).end).toBe(undefined);
    expect(earlier.move(1, NOW + 5).end).toBe(NOW);
  });

  test("the time range of a plot starts at a whole millisecond, because a fraction would shift the full hours on the axis", () => {
    expect(Period.latest(DAY).rangeAt(NOW + 0.4)).toEqual({ from: NOW - DAY, to: NOW });
  });

  test("the time range of a plot is the selected range in either direction, and never empty", () => {
    expect(Period.between(50_000, 20_000).rangeAt(NOW)).toEqual({ from: 20_000, to: 50_000 });
    expect(Period.between(1000, 1001).rangeAt(NOW)).toEqual({ from: 1000, to: 11_000 });
  });

  test("the time range of a day extends from midnight to midnight, also with 23 or 25 hours", () => {
    const start = new Date(2026, 2, 29).getTime();
    const end = new Date(2026, 2, 30).getTime();
    expect(Period.day(start).rangeAt(NOW)).toEqual({ from: start, to: end });
  });
});
