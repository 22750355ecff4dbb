/** When lamps are commanded: by the rule, for old readings, and by overrides. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LESSON_SILENCE, type Device } from "../../server/src/devices/devices.js";
import { NEWER_READING_WAIT, OLD_READING_AGE } from "../../server/src/outputs/lamps.js";
import { commandsIn, lampBench, type LampBench } from "./support/lamps.js";

const PORCH = "nightlight/porch";

let bench: LampBench;
let porch: Device;

beforeEach(() => {
  vi.useFakeTimers();
  bench = lampBench();
  porch = bench.devices.obtain(PORCH)!;
});
afterEach(() => {
  bench.lamps.close();
  vi.useRealTimers();
});

/** The newest reading of the porch, taken `age` ms ago. */
const reads = (light: number, options?: { age?: number; sure?: boolean; seq?: number }): void =>
  bench.reads(PORCH, light, options);
const commands = (): boolean[] => commandsIn(bench.published).map(([, { led_on }]) => led_on);

describe("the rule", () => {
  test("every reading is answered, also when nothing changes: on below 300, off otherwise", () => {
    for (const light of [0, 299, 299.9, 300, 1023, 1023]) reads(light);
    expect(commands()).toEqual([true, true, true, false, false, false]);
  });

  test("a lamp is said to be switched only when it is", () => {
    for (const light of [10, 20, 500, 600, 10]) reads(light);
    expect(bench.changes.filter(([, change]) => change === "switched")).toHaveLength(3);
  });
});

test("a command says which reading it answers, and to a lesson device nothing but the lesson's", () => {
  const answered = (): (number | undefined)[] => commandsIn(bench.published).map(([, { seq }]) => seq);
  reads(10, { seq: 7 });
  reads(900);
  expect(answered()).toEqual([7, undefined]);
  bench.lamps.setMode(porch, "on", undefined, Date.now());
  reads(900, { seq: 8 });
  bench.lamps.setMode(porch, "auto", undefined, Date.now());
  expect(answered()).toEqual([7, undefined, undefined, 8, 8]);
});

describe("old readings", () => {
  test("a night that comes all at once does not make the lamp flicker: only the last of it counts", () => {
    for (let age = 100_000; age >= 3000; age -= 1000) reads(age % 2000, { age });
    expect(commands()).toEqual([]);
    vi.advanceTimersByTime(NEWER_READING_WAIT);
    expect(commands()).toEqual([false]);
  });

  test("a live reading that follows is answered at once, and alone", () => {
    reads(900, { age: 50_000 });
    reads(10);
    vi.advanceTimersByTime(NEWER_READING_WAIT * 2);
    expect(commands()).toEqual([true]);
  });

  test("two seconds on the way are still the present", () => {
    reads(10, { age: OLD_READING_AGE });
    expect(commands()).toEqual([true]);
  });

  test("do not hold a lamp up for ever, should a clock be wrong", () => {
    for (let t = 0; t < 3000; t += 200) {
      reads(10, { age: 3_600_000 });
      vi.advanceTimersByTime(200);
    }
    expect(commands().length).toBeGreaterThanOrEqual(2);
  });
});

describe("while a queue is on its way", () => {
  beforeEach(() => {
    bench.lamps.catchingUp = true;
  });

  test("a reading of which the time is not sure counts as old, one of which it is sure does not", () => {
    for (let n = 0; n < 20; n++) {
      reads(n * 50, { sure: false });
      vi.advanceTimersByTime(NEWER_READING_WAIT / 2);
    }
    expect(commands()).toEqual([]);
    reads(10);
    expect(commands()).toEqual([true]);
  });

  test("the last of it is answered when nothing follows", () => {
    reads(900, { sure: false });
    reads(10, { sure: false });
    vi.advanceTimersByTime(NEWER_READING_WAIT);
    expect(commands()).toEqual([true]);
  });
});

describe("an override", () => {
  test("takes effect at once, holds against every reading, and ends with auto", () => {
    reads(900);
    bench.lamps.setMode(porch, "on", undefined, Date.now());
    reads(900);
    bench.lamps.setMode(porch, "auto", undefined, Date.now());
    expect(commands()).toEqual([false, true, true, false]);
  });

  test("ending one says nothing to a lamp of whose light nothing is known", () => {
    bench.lamps.setMode(porch, "auto", undefined, Date.now());
    expect(commands()).toEqual([]);
  });
});

describe("whether a device is online", () => {
  const sweep = (now: number): void => {
    for (const [{ id }, change] of bench.devices.sweep(now)) bench.changes.push([id, change]);
  };

  test("a lesson device is, until it was silent for a minute", () => {
    const start = Date.now();
    expect(porch.heard(start)).toBe(false);
    expect(porch.view().online).toBe(true);
    sweep(start + LESSON_SILENCE - 1);
    expect(porch.view().online).toBe(true);
    sweep(start + LESSON_SILENCE);
    expect(porch.view().online).toBe(false);
    expect(bench.changes.map(([, change]) => change)).toEqual(["offline"]);
    expect(porch.heard(start + LESSON_SILENCE + 1)).toBe(true);
    expect(porch.view().online).toBe(true);
  });

  test("a device that announced itself says so itself, however long it is silent", () => {
    porch.heard(Date.now());
    porch.applyStatus({ online: true, board: "XIAO", firmware: "1.0.0" }, false);
    sweep(Date.now() + 10 * LESSON_SILENCE);
    expect(porch.view()).toMatchObject({ online: true, board: "XIAO", firmware: "1.0.0" });
    expect(porch.applyStatus({ online: false }, false)).toEqual({ isSwitched: false, online: false });
    expect(porch.view()).toMatchObject({ online: false, board: "XIAO", firmware: "1.0.0" });
  });
});
