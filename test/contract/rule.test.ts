import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, LESSON_RULE, type Lamp, type Rule } from "../../contract/index.js";

const light = fc.integer({ min: 0, max: 1023 });
const rule: fc.Arbitrary<Rule> = fc.record({
  threshold: light,
  hysteresis: fc.nat(200),
  min_on: fc.nat(5000),
  min_off: fc.nat(5000),
});
const readings = fc.array(fc.tuple(light, fc.nat(3000)), { minLength: 1, maxLength: 60 });

/** Applies the rule to readings, given as light and time since the previous one in ms. Returns the lamp after each reading. */
function applyRule(parameters: Rule, steps: [number, number][]): { lamp: Lamp; light: number; now: number }[] {
  let lamp: Lamp | undefined;
  let now = 0;
  return steps.map(([level, pause]) => {
    now += pause;
    lamp = decide(parameters, lamp, level, now);
    return { lamp, light: level, now };
  });
}

describe("the rule", () => {
  it("switches on below 300 and off otherwise by default, at every reading", () => {
    fc.assert(
      fc.property(readings, (steps) => {
        for (const step of applyRule(LESSON_RULE, steps)) expect(step.lamp.led_on).toBe(step.light < 300);
      }),
    );
    expect(decide(LESSON_RULE, undefined, 299, 0).led_on).toBe(true);
    expect(decide(LESSON_RULE, undefined, 300, 0).led_on).toBe(false);
  });

  it("does not switch while the light is inside the hysteresis band", () => {
    fc.assert(
      fc.property(rule, fc.boolean(), fc.array(fc.nat(199)), (r, led_on, walk) => {
        fc.pre(r.hysteresis > 0);
        let lamp: Lamp = { led_on, since: 0 };
        for (const [i, x] of walk.entries()) {
          const next = decide(r, lamp, r.threshold + (x % r.hysteresis), 1e6 * (i + 1));
          expect(next).toBe(lamp);
          lamp = next;
        }
      }),
    );
  });

  it("keeps a lamp on or off for at least the minimum times", () => {
    fc.assert(
      fc.property(rule, readings, (r, steps) => {
        const played = applyRule(r, steps);
        for (let i = 1; i < played.length; i++) {
          const before = played[i - 1].lamp;
          if (played[i].lamp.led_on === before.led_on) expect(played[i].lamp).toBe(before);
          else expect(played[i].now - before.since).toBeGreaterThanOrEqual(before.led_on ? r.min_on : r.min_off);
        }
      }),
    );
  });

  it("reaches the same state from on and off after the minimum times, outside the hysteresis band", () => {
    fc.assert(
      fc.property(rule, light, (r, level) => {
        fc.pre(level < r.threshold || level >= r.threshold + r.hysteresis);
        const late = 1e9;
        const fromOn = decide(r, { led_on: true, since: 0 }, level, late);
        const fromOff = decide(r, { led_on: false, since: 0 }, level, late);
        expect(fromOn.led_on).toBe(fromOff.led_on);
        expect(fromOn.led_on).toBe(level < r.threshold);
      }),
    );
  });

  it("still switches after the clock was set back", () => {
    const r = { ...LESSON_RULE, min_on: 1000 };
    expect(decide(r, { led_on: true, since: 5000 }, 900, 100)).toEqual({ led_on: false, since: 100 });
  });
});
