import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_CADENCE, isReportDue, LESSON_RULE } from "../../contract/index.js";

const isReadingDue = (light: number, last: number, silence: number, cadence = DEFAULT_CADENCE, rule = LESSON_RULE) =>
  isReportDue(cadence, rule, { light: last, at: 0 }, light, silence);

describe("a board", () => {
  it("reports its first reading", () =>
    expect(isReportDue(DEFAULT_CADENCE, LESSON_RULE, undefined, 500, 0)).toBe(true));

  it("reports a change beyond the dead band, but no noise inside it", () => {
    const { dead_band } = DEFAULT_CADENCE;
    expect(isReadingDue(500 + dead_band + 1, 500, 250)).toBe(true);
    expect(isReadingDue(500 + dead_band, 500, 250)).toBe(false);
    expect(isReadingDue(500 - dead_band - 1, 500, 250)).toBe(true);
  });

  it("reports even a small change that crosses a switching point of the rule", () => {
    expect(isReadingDue(299, 300, 250)).toBe(true);
    expect(isReadingDue(300, 299, 250)).toBe(true);
    expect(isReadingDue(350, 349, 250, DEFAULT_CADENCE, { ...LESSON_RULE, hysteresis: 50 })).toBe(true);
  });

  it("reports after a heartbeat interval without a reading", () => {
    expect(isReadingDue(500, 500, DEFAULT_CADENCE.heartbeat - 1)).toBe(false);
    expect(isReadingDue(500, 500, DEFAULT_CADENCE.heartbeat)).toBe(true);
  });

  it("reports at a fixed interval when configured so, whether or not the light changes", () => {
    const cadence = { ...DEFAULT_CADENCE, report: "interval" as const };
    fc.assert(
      fc.property(fc.nat(1023), fc.nat(1023), fc.nat(10_000), (light, last, silence) => {
        expect(isReadingDue(light, last, silence, cadence)).toBe(silence >= cadence.interval);
      }),
    );
  });
});
