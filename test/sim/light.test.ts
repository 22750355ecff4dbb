import { describe, expect, it } from "vitest";
import { createConstantLight, createShortDay } from "../../sim/light.js";
import { parseTrace } from "../../sim/trace.js";

/** Samples the light of `source` every 100 ms. */
const sampleLight = (source: (ms: number) => number, ms: number) =>
  Array.from({ length: ms / 100 }, (_, i) => source(i * 100));

describe("a constant light", () => {
  it("always has the same value on the 10-bit scale", () => {
    expect([0, 1e3, 1e9].map(createConstantLight(299.6))).toEqual([300, 300, 300]);
    expect(createConstantLight(5000)(0)).toBe(1023);
    expect(createConstantLight(-1)(0)).toBe(0);
  });
});

describe("the short day", () => {
  it.each([20_000, 60_000, 600_000])("of %i ms crosses 300 once in each direction", (period) => {
    const light = sampleLight(createShortDay({ period }), period);
    const switches = light.flatMap((now, i) => (i > 0 && now < 300 !== light[i - 1] < 300 ? [i] : []));
    expect(switches).toHaveLength(2);
    expect(light[switches[0]]).toBeLessThan(300);
  });

  it("starts bright and gets dark within 10 s", () => {
    const light = sampleLight(createShortDay(), 60_000);
    expect(light[0]).toBeGreaterThan(400);
    expect(light.findIndex((now) => now < 300)).toBeLessThan(100);
  });

  it("is smooth, stays within the scale, uses most of the scale, and has clouds", () => {
    const light = sampleLight(createShortDay(), 300_000);
    expect(Math.min(...light)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...light)).toBeLessThan(60);
    expect(Math.max(...light)).toBeLessThanOrEqual(1023);
    expect(Math.max(...light)).toBeGreaterThan(850);
    const steps = light.slice(1).map((now, i) => Math.abs(now - light[i]));
    expect(Math.max(...steps)).toBeLessThan(40);
    const turns = steps.filter((_, i) => i > 0 && light[i] > light[i - 1] && light[i] > light[i + 1]);
    expect(turns.length).toBeGreaterThan(5);
  });

  it("is a pure function of time", () => {
    expect(sampleLight(createShortDay(), 5000)).toEqual(sampleLight(createShortDay(), 5000));
  });
});

describe("a recording of light", () => {
  it("plays each reading until the next one, and repeats", () => {
    const light = parseTrace("time_s,light\n0,100\n2,200\n3,300\n");
    expect([0, 1999, 2000, 2999, 3000, 3999, 4000, 6000].map(light)).toEqual([100, 100, 200, 200, 300, 300, 100, 200]);
  });

  it("may start at any timestamp", () => {
    const light = parseTrace("1700000000.5,1\n1700000001.5,2");
    expect([0, 1000, 2000].map(light)).toEqual([1, 2, 1]);
  });

  it("accepts one light value per second, with or without header, CR LF, a byte order mark, and semicolons", () => {
    expect([0, 1000, 2000].map(parseTrace("\uFEFFlight\r\n5\r\n6\r\n"))).toEqual([5, 6, 5]);
    expect([0, 1000].map(parseTrace("7\n8"))).toEqual([7, 8]);
    expect([0, 500].map(parseTrace("0;9\n0.5;10"))).toEqual([9, 10]);
    expect(parseTrace("42")(1e6)).toBe(42);
  });

  it.each([
    ["0,100\n1,1024", 'evening.csv, line 2: found "1,1024", but light is a number from 0 to 1023.'],
    ["0,100\n1,dark", 'evening.csv, line 2: found "1,dark", but light is a number from 0 to 1023.'],
    ["light\n\n-1", 'evening.csv, line 3: found "-1", but light is a number from 0 to 1023.'],
    ["0,1\n0,2", 'evening.csv, line 2: found "0,2", but time_s must be greater than in the line before.'],
    ["soon,1", 'evening.csv, line 1: found "soon,1", but time_s is a number of seconds.'],
    ["1,2,3", 'evening.csv, line 1: found "1,2,3", but a line has the columns "time_s,light", or "light" alone.'],
    ["5,", 'evening.csv, line 1: found "5,", but light is a number from 0 to 1023.'],
    ["light\n", 'evening.csv: no readings; at least one line "time_s,light" is needed.'],
  ])("says what is wrong with %j", (text, message) => {
    expect(() => parseTrace(text, "evening.csv")).toThrow(message);
  });
});
