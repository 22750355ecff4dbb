import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, LESSON_RULE } from "../../../contract/index.js";
import { Devices } from "../../../sim/fleet/devices.js";
import { Latencies } from "../../../sim/fleet/latencies.js";
import { EITHER, LATE, Ledger, OFF, ON } from "../../../sim/fleet/ledger.js";

describe("an answer", () => {
  it("is right when it has the expected lamp state for its reading, and otherwise wrong", () => {
    const ledger = new Ledger(2);
    const took: number[] = [];
    const answered = (ms: number) => took.push(ms);
    ledger.sent(0, 1, 1000, ON);
    ledger.sent(1, 1, 1000, ON);
    ledger.sent(1, 2, 1100, OFF);
    expect(ledger.command(0, 1, true, 1004, answered)).toBe("right");
    expect(ledger.command(1, 1, false, 1005, answered)).toBe("wrong");
    expect(ledger.command(1, 2, false, 1106, answered)).toBe("right");
    expect(took).toEqual([4, 5, 6]);
    expect(ledger.outstanding).toBe(0);
    expect(ledger.counts).toMatchObject({ answered: 3, wrong: 1, late: 0, superseded: 0, again: 0, missing: 0 });
  });

  it("to a newer reading supersedes answers to older ones, and a second answer to a reading is counted as repeated", () => {
    const ledger = new Ledger(1);
    for (const seq of [1, 2, 3]) ledger.sent(0, seq, 0, ON);
    expect(ledger.command(0, 3, true, 1, () => {})).toBe("right");
    expect(ledger.command(0, 2, true, 1, () => {})).toBe("again");
    expect(ledger.command(0, 3, true, 1, () => {})).toBe("again");
    expect(ledger.counts).toMatchObject({ answered: 1, superseded: 2, again: 2 });
  });

  it("without a seq is assigned to the oldest reading with this expected lamp state", () => {
    const ledger = new Ledger(1);
    ledger.sent(0, 1, 0, ON);
    ledger.sent(0, 2, 0, OFF);
    expect(ledger.command(0, undefined, false, 1, () => {})).toBe("right");
    expect(ledger.counts.superseded).toBe(1);
    ledger.sent(0, 3, 0, ON);
    expect(ledger.command(0, undefined, false, 1, () => {})).toBe("wrong");
  });

  it("is late after the time limit, and missing when it never arrives", () => {
    const ledger = new Ledger(1);
    ledger.sent(0, 1, 0, EITHER);
    ledger.command(0, 1, true, LATE + 1, () => {});
    ledger.sent(0, 2, 5000, ON);
    ledger.sent(0, 3, 6000, ON);
    ledger.giveUp(0, 6000);
    expect(ledger.counts).toMatchObject({ late: 1, wrong: 0, missing: 1 });
    expect(ledger.waits(0)).toBe(true);
    ledger.giveUp(0, Infinity);
    expect(ledger.outstanding).toBe(0);
  });

  it("is matched among a hundred thousand readings, whose memory is reused", () => {
    const ledger = new Ledger(50_000);
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 100_000; n++) ledger.sent(n % 50_000, n, 0, n % 2 ? ON : OFF);
      expect(ledger.outstanding).toBe(100_000);
      for (let n = 0; n < 100_000; n++) ledger.command(n % 50_000, n, n % 2 === 1, 1, () => {});
    }
    expect(ledger.counts).toMatchObject({ answered: 300_000, wrong: 0, again: 0, superseded: 0 });
  });
});

describe("the expected state of a lamp", () => {
  it("follows the contract's rule for each reading, once the lamp's state is known", () => {
    const rules = fc.record({ threshold: fc.nat(1023), hysteresis: fc.nat(300) });
    fc.assert(
      fc.property(rules, fc.boolean(), fc.array(fc.nat(1023), { minLength: 1 }), (limits, led_on, lights) => {
        const rule = { ...LESSON_RULE, ...limits };
        const devices = new Devices(1, 1);
        let lamp = { led_on, since: 0 };
        for (const [n, light] of lights.entries()) {
          lamp = decide(rule, lamp, light, n);
          const expected = devices.expect(0, rule, light, n);
          // While only the server can know the lamp's state, both states count as right.
          if (expected !== EITHER) expect(expected).toBe(lamp.led_on ? ON : OFF);
          else expect(light >= rule.threshold && light < rule.threshold + rule.hysteresis).toBe(true);
        }
      }),
    );
  });

  it("is either one while a minimum on or off time may be running", () => {
    const rule = { ...LESSON_RULE, min_on: 10_000 };
    const devices = new Devices(1, 1);
    expect(devices.expect(0, rule, 100, 100_000)).toBe(ON);
    devices.switch(0, true, 100_000);
    expect(devices.expect(0, rule, 900, 105_000)).toBe(EITHER);
    expect(devices.expect(0, rule, 900, 120_000)).toBe(OFF);
  });
});

describe("the latency histogram", () => {
  it("has an error of at most 4 %", () => {
    const latencies = new Latencies();
    expect(latencies.quantile(0.5)).toBeUndefined();
    for (let n = 1; n <= 1000; n++) latencies.add(n / 10);
    for (const share of [0.01, 0.5, 0.99]) {
      expect(latencies.quantile(share)! / (share * 100)).toBeGreaterThanOrEqual(1);
      expect(latencies.quantile(share)! / (share * 100)).toBeLessThan(1.041);
    }
    expect(latencies.quantile(1)).toBe(100);
  });
});
