/** The latest readings of each device, held against a list that is sorted and cut. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_DEVICES, MAX_POINTS, Recent, type Point } from "../../server/src/recent.js";

const point: fc.Arbitrary<Point> = fc.record({
  time: fc.integer({ min: 0, max: 5000 }),
  light: fc.double({ min: 0, max: 1023, noNaN: true }),
  led_on: fc.constantFrom(true, false, null),
});

const pointAt = (time: number): Point => ({ time, light: time % 1024, led_on: time % 2 === 0 });

describe("of one device", () => {
  test("the latest 600 are known, by the time at which they were taken, in whatever order they come", () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 1500, size: "max" }), (points) => {
        const recent = new Recent();
        let expected: Point[] = [];
        for (const one of points) {
          recent.add("porch", one);
          // a stable sort: of several at the same time, the one that came last is the last
          expected = [...expected, one].sort((a, b) => a.time - b.time).slice(-MAX_POINTS);
        }
        expect(recent.of("porch")).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test("what was asked for stays as it was", () => {
    const recent = new Recent();
    for (let time = 0; time < MAX_POINTS; time++) recent.add("porch", pointAt(time));
    const before = recent.of("porch");
    recent.add("porch", pointAt(MAX_POINTS));
    expect(before[0]).toEqual(pointAt(0));
    expect(recent.of("porch")[0]).toEqual(pointAt(1));
  });
});

test("of too many devices those that were silent longest are forgotten, and so is one that is to be", () => {
  const device = fc.integer({ min: 0, max: MAX_DEVICES + 20 }).map(String);
  const step = fc.record({ device, forget: fc.integer({ max: 9 }).map((n) => n === 0) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const recent = new Recent();
      const expected = new Map<string, Point[]>();
      const add = (id: string, time: number): void => {
        recent.add(id, pointAt(time));
        const points = expected.get(id) ?? [];
        expected.delete(id);
        expected.set(id, [...points, pointAt(time)]);
        if (expected.size > MAX_DEVICES) expected.delete(expected.keys().next().value!);
      };
      for (let n = 0; n < MAX_DEVICES - 10; n++) add(String(n), n);
      for (const [n, { device, forget }] of steps.entries()) {
        if (!forget) add(device, MAX_DEVICES + n);
        else {
          recent.delete(device);
          expected.delete(device);
        }
      }
      for (let n = 0; n <= MAX_DEVICES + 20; n++) expect(recent.of(String(n))).toEqual(expected.get(String(n)) ?? []);
    }),
    { numRuns: 100 },
  );
});
