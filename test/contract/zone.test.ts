import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { combine, decide, type CombineMethod } from "../../contract/index.js";

const lights = fc.array(fc.integer({ min: 0, max: 1023 }), { minLength: 1, maxLength: 40 });
const threshold = fc.integer({ min: 0, max: 1023 });
const countDark = (levels: number[], limit: number): number => levels.filter((light) => light < limit).length;

describe("the combined level of several sensors", () => {
  /** Test oracle: defines each mode by the number of dark sensors, independently of the implementation. */
  const meaning: Record<Exclude<CombineMethod, "median">, (count: number, all: number, atLeast: number) => boolean> = {
    any: (count) => count > 0,
    all: (count, all) => count === all,
    at_least: (count, _all, atLeast) => count >= atLeast,
  };

  test.each(["any", "all", "at_least"] as const)("is dark by %s exactly when enough of the sensors are dark", (how) => {
    fc.assert(
      fc.property(lights, threshold, fc.nat(), (levels, limit, n) => {
        const atLeast = 1 + (n % levels.length);
        const light = combine(how, [...levels], atLeast)!;
        expect(light < limit).toBe(meaning[how](countDark(levels, limit), levels.length, atLeast));
      }),
    );
  });

  test("is dark by median if more than half of the sensors are dark, and bright if fewer are", () => {
    fc.assert(
      fc.property(lights, threshold, (levels, limit) => {
        const light = combine("median", [...levels])!;
        const count = countDark(levels, limit);
        if (count > levels.length / 2) expect(light).toBeLessThan(limit);
        if (count < levels.length / 2) expect(light).toBeGreaterThanOrEqual(limit);
      }),
    );
  });

  test("does not change by median because of a single covered sensor", () => {
    expect(combine("median", [900, 0, 910, 905, 0])).toBe(900);
    expect(combine("median", [900, 0, 910, 905])).toBe(902.5);
  });

  test("is undefined if there are too few sensors", () => {
    for (const how of ["median", "any", "all", "at_least"] as const) expect(combine(how, [])).toBeUndefined();
    expect(combine("at_least", [0, 0], 3)).toBeUndefined();
  });

  test("equals the median of the sorted levels", () => {
    fc.assert(
      fc.property(lights, (levels) => {
        const sorted = levels.toSorted((a, b) => a - b);
        const middle = (sorted.length - 1) / 2;
        expect(combine("median", levels)).toBe((sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2);
      }),
    );
  });

  test("does not depend on the order of the sensors", () => {
    fc.assert(
      fc.property(lights, fc.constantFrom<CombineMethod>("median", "any", "all", "at_least"), (levels, how) => {
        expect(combine(how, [...levels].reverse(), 1)).toBe(combine(how, [...levels], 1));
      }),
    );
  });

  test("works with hysteresis: the lamp switches off only at threshold + hysteresis", () => {
    const rule = { threshold: 300, hysteresis: 50, min_on: 0, min_off: 0 };
    const on = decide(rule, undefined, combine("all", [299, 120])!, 0);
    expect(decide(rule, on, combine("all", [349, 120])!, 1).led_on).toBe(true);
    expect(decide(rule, on, combine("all", [350, 120])!, 1).led_on).toBe(false);
  });
});
