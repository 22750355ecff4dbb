import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, LESSON_RULE } from "../../../contract/index.js";
import { Devices } from "../../../sim/fleet/devices.js";
import { LatencyHistogram } from "../../../sim/fleet/latency-histogram.js";
import {
  LAMP_EITHER,
  LATE_ANSWER_TIME,
  ReadingTracker,
  LAMP_OFF,
  LAMP_ON,
} from "../../../sim/fleet/reading-tracker.js";

describe("an answer", () => {
  it("is right when its lamp state is the expected one for its reading, and wrong otherwise", () => {
    const tracker = new ReadingTracker(2);
    const latencies: number[] = [];
    const recordAnswer = (ms: number) => latencies.push(ms);
    tracker.add(0, 1, 1000, LAMP_ON);
    tracker.add(1, 1, 1000, LAMP_ON);
    tracker.add(1, 2, 1100, LAMP_OFF);
    expect(tracker.checkCommand(0, 1, true, 1004, recordAnswer)).toBe("right");
    expect(tracker.checkCommand(1, 1, false, 1005, recordAnswer)).toBe("wrong");
    expect(tracker.checkCommand(1, 2, false, 1106, recordAnswer)).toBe("right");
    expect(latencies).toEqual([4, 5, 6]);
    expect(tracker.outstanding).toBe(0);
    expect(tracker.counts).toMatchObject({ answered: 3, wrong: 1, late: 0, superseded: 0, again: 0, missing: 0 });
  });

  it("to a newer reading supersedes the older readings, and a second answer to the same reading answers none", () => {
    const tracker = new ReadingTracker(1);
    for (const seq of [1, 2, 3]) tracker.add(0, seq, 0, LAMP_ON);
    expect(tracker.checkCommand(0, 3, true, 1, () => {})).toBe("right");
    expect(tracker.checkCommand(0, 2, true, 1, () => {})).toBe("again");
    expect(tracker.checkCommand(0, 3, true, 1, () => {})).toBe("again");
    expect(tracker.counts).toMatchObject({ answered: 1, superseded: 2, again: 2 });
  });

  it("without a number is assigned to the oldest reading whose expected lamp state it has", () => {
    const tracker = new ReadingTracker(1);
    tracker.add(0, 1, 0, LAMP_ON);
    tracker.add(0, 2, 0, LAMP_OFF);
    expect(tracker.checkCommand(0, undefined, false, 1, () => {})).toBe("right");
    expect(tracker.counts.superseded).toBe(1);
    tracker.add(0, 3, 0, LAMP_ON);
    expect(tracker.checkCommand(0, undefined, false, 1, () => {})).toBe("wrong");
  });

  it("that takes long is late, and an answer that never arrives is missing", () => {
    const tracker = new ReadingTracker(1);
    tracker.add(0, 1, 0, LAMP_EITHER);
    tracker.checkCommand(0, 1, true, LATE_ANSWER_TIME + 1, () => {});
    tracker.add(0, 2, 5000, LAMP_ON);
    tracker.add(0, 3, 6000, LAMP_ON);
    tracker.expire(0, 6000);
    expect(tracker.counts).toMatchObject({ late: 1, wrong: 0, missing: 1 });
    expect(tracker.hasOutstanding(0)).toBe(true);
    tracker.expire(0, Infinity);
    expect(tracker.outstanding).toBe(0);
  });

  it("is found among a hundred thousand readings, whose places in memory are reused", () => {
    const tracker = new ReadingTracker(50_000);
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 100_000; n++) tracker.add(n % 50_000, n, 0, n % 2 ? LAMP_ON : LAMP_OFF);
      expect(tracker.outstanding).toBe(100_000);
      for (let n = 0; n < 100_000; n++) tracker.checkCommand(n % 50_000, n, n % 2 === 1, 1, () => {});
    }
    expect(tracker.counts).toMatchObject({ answered: 300_000, wrong: 0, again: 0, superseded: 0 });
  });
});

describe("the expected state of a lamp", () => {
  it("follows the contract's rule from reading to reading, once the lamp's state is known", () => {
    const rules = fc.record({ threshold: fc.nat(1023), hysteresis: fc.nat(300) });
    fc.assert(
      fc.property(rules, fc.boolean(), fc.array(fc.nat(1023), { minLength: 1 }), (limits, led_on, lights) => {
        const rule = { ...LESSON_RULE, ...limits };
        const devices = new Devices(1, 1);
        let lamp = { led_on, since: 0 };
        for (const [n, light] of lights.entries()) {
          lamp = decide(rule, lamp, light, n);
          const expected = devices.updateExpected(0, rule, light, n);
          // within the hysteresis, a lamp whose state is unknown may be on or off, so both states count as right
          if (expected !== LAMP_EITHER) expect(expected).toBe(lamp.led_on ? LAMP_ON : LAMP_OFF);
          else expect(light >= rule.threshold && light < rule.threshold + rule.hysteresis).toBe(true);
        }
      }),
    );
  });

  it("may be on or off while a minimum time may be running", () => {
    const rule = { ...LESSON_RULE, min_on: 10_000 };
    const devices = new Devices(1, 1);
    expect(devices.updateExpected(0, rule, 100, 100_000)).toBe(LAMP_ON);
    devices.switch(0, true, 100_000);
    expect(devices.updateExpected(0, rule, 900, 105_000)).toBe(LAMP_EITHER);
    expect(devices.updateExpected(0, rule, 900, 120_000)).toBe(LAMP_OFF);
  });
});

describe("the latency quantiles", () => {
  it("have an error of at most 4 %", () => {
    const latencies = new LatencyHistogram();
    expect(latencies.quantile(0.5)).toBeUndefined();
    for (let n = 1; n <= 1000; n++) latencies.add(n / 10);
    for (const share of [0.01, 0.5, 0.99]) {
      expect(latencies.quantile(share)! / (share * 100)).toBeGreaterThanOrEqual(1);
      expect(latencies.quantile(share)! / (share * 100)).toBeLessThan(1.041);
    }
    expect(latencies.quantile(1)).toBe(100);
  });
});
