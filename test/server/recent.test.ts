/** Compares the latest readings of each device with a sorted and truncated list. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  MAX_KEPT_DEVICES,
  MAX_READINGS_PER_DEVICE,
  RecentReadings,
  REPLACEABLE_SILENCE,
  type Point,
} from "../../server/src/history/recent.js";

const point: fc.Arbitrary<Point> = fc.record({
  time: fc.integer({ min: 0, max: 5000 }),
  light: fc.double({ min: 0, max: 1023, noNaN: true }),
  led_on: fc.constantFrom(true, false, null),
});

const createPointAt = (time: number): Point => ({ time, light: time % 1024, led_on: time % 2 === 0 });

describe("one device", () => {
  test("one device keeps the latest 600 readings by time, whatever the order of arrival", () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 1500, size: "max" }), (points) => {
        const recent = new RecentReadings();
        let expected: Point[] = [];
        for (const one of points) {
          recent.add("porch", one);
          // the sort is stable: readings with the same time stay in the order of arrival
          expected = [...expected, one].sort((a, b) => a.time - b.time).slice(-MAX_READINGS_PER_DEVICE);
        }
        expect(recent.pointsOf("porch")).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test("a returned list does not change when readings arrive later", () => {
    const recent = new RecentReadings();
    for (let time = 0; time < MAX_READINGS_PER_DEVICE; time++) recent.add("porch", createPointAt(time));
    const before = recent.pointsOf("porch");
    recent.add("porch", createPointAt(MAX_READINGS_PER_DEVICE));
    expect(before[0]).toEqual(createPointAt(0));
    expect(recent.pointsOf("porch")[0]).toEqual(createPointAt(1));
  });
});

describe("too many devices", () => {
  /** Returns the ids of the devices that have readings. */
  const findDevicesWithReadings = (recent: RecentReadings, ids: Iterable<string>): string[] =>
    [...ids].filter((id) => recent.pointsOf(id).length > 0).sort();

  test("the first devices stay; a new one replaces a forgotten or long silent one", () => {
    const device = fc.integer({ min: 0, max: MAX_KEPT_DEVICES + 20 }).map(String);
    const step = fc.record({
      device,
      forget: fc.integer({ max: 9 }).map((n) => n === 0),
      later: fc.constantFrom(1, 1000, REPLACEABLE_SILENCE / 3),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const recent = new RecentReadings();
        const expected = new Map<string, Point[]>();
        const newestTimeOf = (id: string): number => expected.get(id)!.at(-1)!.time;
        const addReading = (id: string, time: number): void => {
          recent.add(id, createPointAt(time));
          if (!expected.has(id) && expected.size === MAX_KEPT_DEVICES) {
            const silent = [...expected.keys()].reduce((a, b) => (newestTimeOf(b) < newestTimeOf(a) ? b : a));
            if (time - newestTimeOf(silent) < REPLACEABLE_SILENCE) return;
            expected.delete(silent);
          }
          expected.set(id, [...(expected.get(id) ?? []), createPointAt(time)]);
        };
        for (let n = 0; n < MAX_KEPT_DEVICES - 10; n++) addReading(String(n), n);
        let time = MAX_KEPT_DEVICES;
        for (const { device, forget, later } of steps) {
          time += later;
          if (!forget) addReading(device, time);
          else {
            recent.delete(device);
            expected.delete(device);
          }
        }
        for (let n = 0; n <= MAX_KEPT_DEVICES + 20; n++)
          expect(recent.pointsOf(String(n))).toEqual(expected.get(String(n)) ?? []);
      }),
      { numRuns: 100 },
    );
  });

  test("the first devices stay even if many others report in turn", () => {
    const recent = new RecentReadings();
    const ids = Array.from({ length: 5 * MAX_KEPT_DEVICES }, (_, n) => String(n));
    for (let time = 0; time < 10; time++) for (const id of ids) recent.add(id, createPointAt(time));
    expect(findDevicesWithReadings(recent, ids)).toEqual(ids.slice(0, MAX_KEPT_DEVICES).sort());
    expect(recent.pointsOf("0")).toHaveLength(10);
  });
});
