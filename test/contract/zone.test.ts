import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { combine, decide, type Combine } from "../../contract/index.js";

const lights = fc.array(fc.integer({ min: 0, max: 1023 }), { minLength: 1, maxLength: 40 });
const threshold = fc.integer({ min: 0, max: 1023 });
const dark = (levels: number[], limit: number): number => levels.filter((light) => light < limit).length;

describe("several sensors that decide together", () => {
  /** What each way means, in terms of how many of them are dark: written apart from how it is done. */
  const meaning: Record<Exclude<Combine, "median">, (count: number, all: number, atLeast: number) => boolean> = {
    any: (count) => count > 0,
    all: (count, all) => count === all,
    at_least: (count, _all, atLeast) => count >= atLeast,
  };

  test.each(["any", "all", "at_least"] as const)("are dark by %s exactly when so many of them are", (how) => {
    fc.assert(
      fc.property(lights, threshold, fc.nat(), (levels, limit, n) => {
        const atLeast = 1 + (n % levels.length);
        const light = combine(how, [...levels], atLeast)!;
        expect(light < limit).toBe(meaning[how](dark(levels, limit), levels.length, atLeast));
      }),
    );
  });

  test("are dark by median when more than half of them are, and light when fewer than half are", () => {
    fc.assert(
      fc.property(lights, threshold, (levels, limit) => {
        const light = combine("median", [...levels])!;
        const count = dark(levels, limit);
        if (count > levels.length / 2) expect(light).toBeLessThan(limit);
        if (count < levels.length / 2) expect(light).toBeGreaterThanOrEqual(limit);
      }),
    );
  });

  test("cannot be outvoted by fewer than half: one covered sensor cannot light a stadium", () => {
    expect(combine("median", [900, 0, 910, 905, 0])).toBe(900);
    expect(combine("median", [900, 0, 910, 905])).toBe(902.5);
  });

  test("tell nothing when there are too few", () => {
    for (const how of ["median", "any", "all", "at_least"] as const) expect(combine(how, [])).toBeUndefined();
    expect(combine("at_least", [0, 0], 3)).toBeUndefined();
  });

  test("have the median that putting them in order shows", () => {
    fc.assert(
      fc.property(lights, (levels) => {
        const sorted = levels.toSorted((a, b) => a - b);
        const half = (sorted.length - 1) / 2;
        expect(combine("median", levels)).toBe((sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2);
      }),
    );
  });

  test("do not depend on the order in which they are asked", () => {
    fc.assert(
      fc.property(lights, fc.constantFrom<Combine>("median", "any", "all", "at_least"), (levels, how) => {
        expect(combine(how, [...levels].reverse(), 1)).toBe(combine(how, [...levels], 1));
      }),
    );
  });

  test("share one hysteresis: a lamp that they have put on goes off only at threshold + hysteresis", () => {
    const rule = { threshold: 300, hysteresis: 50, min_on: 0, min_off: 0 };
    const on = decide(rule, undefined, combine("all", [299, 120])!, 0);
    expect(decide(rule, on, combine("all", [349, 120])!, 1).led_on).toBe(true);
    expect(decide(rule, on, combine("all", [350, 120])!, 1).led_on).toBe(false);
  });
});
