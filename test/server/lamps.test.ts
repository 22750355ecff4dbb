/** Tests when the server sends lamp commands: for new and old readings, and for overrides. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { toDeviceView } from "../../server/src/devices/describe-device.js";
import { MAX_LESSON_SILENCE, type Device } from "../../server/src/devices/devices.js";
import { NEWER_READING_WAIT, OLD_READING_AGE } from "../../server/src/outputs/lamps.js";
import { commandsIn, createLampBench, type LampBench } from "./support/lamps.js";

const PORCH = "nightlight/porch";

let bench: LampBench;
let porch: Device;

beforeEach(() => {
  vi.useFakeTimers();
  bench = createLampBench();
  porch = bench.devices.obtain(PORCH)!;
});
afterEach(() => {
  bench.lamps.close();
  vi.useRealTimers();
});

/** Processes the porch's newest reading, taken `age` ms ago. */
const processReading = (light: number, options?: { age?: number; sure?: boolean; seq?: number }): void =>
  bench.processReading(PORCH, light, options);
const listCommandedStates = (): boolean[] => commandsIn(bench.published).map(([, { led_on }]) => led_on);

describe("the rule", () => {
  test("every reading is answered with a command, even without a change: on below 300, otherwise off", () => {
    for (const light of [0, 299, 299.9, 300, 1023, 1023]) processReading(light);
    expect(listCommandedStates()).toEqual([true, true, true, false, false, false]);
  });

  test("a switch is reported only when the lamp's state changes", () => {
    for (const light of [10, 20, 500, 600, 10]) processReading(light);
    expect(bench.changes.filter(([, change]) => change === "switched")).toHaveLength(3);
  });
});

test("a command has the number of the reading that it answers, except for a lesson device", () => {
  const listAnsweredSeqs = (): (number | undefined)[] => commandsIn(bench.published).map(([, { seq }]) => seq);
  processReading(10, { seq: 7 });
  processReading(900);
  expect(listAnsweredSeqs()).toEqual([7, undefined]);
  bench.lamps.setMode(porch, "on", undefined, Date.now());
  processReading(900, { seq: 8 });
  bench.lamps.setMode(porch, "auto", undefined, Date.now());
  expect(listAnsweredSeqs()).toEqual([7, undefined, undefined, 8, 8]);
});

describe("old readings", () => {
  test("a backlog of old readings causes one command for the last reading, not a flicker", () => {
    for (let age = 100_000; age >= 3000; age -= 1000) processReading(age % 2000, { age });
    expect(listCommandedStates()).toEqual([]);
    vi.advanceTimersByTime(NEWER_READING_WAIT);
    expect(listCommandedStates()).toEqual([false]);
  });

  test("a live reading after old ones is answered at once, and the old ones are not", () => {
    processReading(900, { age: 50_000 });
    processReading(10);
    vi.advanceTimersByTime(NEWER_READING_WAIT * 2);
    expect(listCommandedStates()).toEqual([true]);
  });

  test("two seconds on the way are still the present", () => {
    processReading(10, { age: OLD_READING_AGE });
    expect(listCommandedStates()).toEqual([true]);
  });

  test("old readings do not delay commands forever, even if a clock is wrong", () => {
    for (let t = 0; t < 3000; t += 200) {
      processReading(10, { age: 3_600_000 });
      vi.advanceTimersByTime(200);
    }
    expect(listCommandedStates().length).toBeGreaterThanOrEqual(2);
  });
});

describe("while the broker delivers a queue", () => {
  beforeEach(() => {
    bench.lamps.isCatchingUp = true;
  });

  test("a reading with an uncertain time counts as old, and one with a certain time does not", () => {
    for (let n = 0; n < 20; n++) {
      processReading(n * 50, { sure: false });
      vi.advanceTimersByTime(NEWER_READING_WAIT / 2);
    }
    expect(listCommandedStates()).toEqual([]);
    processReading(10);
    expect(listCommandedStates()).toEqual([true]);
  });

  test("the last reading of the queue is answered when no other follows", () => {
    processReading(900, { sure: false });
    processReading(10, { sure: false });
    vi.advanceTimersByTime(NEWER_READING_WAIT);
    expect(listCommandedStates()).toEqual([true]);
  });
});

describe("an override", () => {
  test("an override takes effect at once, ignores readings, and ends with the mode auto", () => {
    processReading(900);
    bench.lamps.setMode(porch, "on", undefined, Date.now());
    processReading(900);
    bench.lamps.setMode(porch, "auto", undefined, Date.now());
    expect(listCommandedStates()).toEqual([false, true, true, false]);
  });

  test("the end of an override causes no command without a known light", () => {
    bench.lamps.setMode(porch, "auto", undefined, Date.now());
    expect(listCommandedStates()).toEqual([]);
  });
});

describe("the online state", () => {
  const sweepDevices = (now: number): void => {
    for (const [{ id }, change] of bench.devices.sweep(now)) bench.changes.push([id, change]);
  };

  test("a lesson device is online until it has been silent for a minute", () => {
    const start = Date.now();
    expect(porch.recordMessage(start)).toBe(false);
    expect(toDeviceView(porch).online).toBe(true);
    sweepDevices(start + MAX_LESSON_SILENCE - 1);
    expect(toDeviceView(porch).online).toBe(true);
    sweepDevices(start + MAX_LESSON_SILENCE);
    expect(toDeviceView(porch).online).toBe(false);
    expect(bench.changes.map(([, change]) => change)).toEqual(["offline"]);
    expect(porch.recordMessage(start + MAX_LESSON_SILENCE + 1)).toBe(true);
    expect(toDeviceView(porch).online).toBe(true);
  });

  test("the status of a board decides whether the board is online, however long it is silent", () => {
    porch.recordMessage(Date.now());
    porch.applyStatus({ online: true, board: "XIAO", firmware: "1.0.0" }, false);
    sweepDevices(Date.now() + 10 * MAX_LESSON_SILENCE);
    expect(toDeviceView(porch)).toMatchObject({ online: true, board: "XIAO", firmware: "1.0.0" });
    expect(porch.applyStatus({ online: false }, false)).toEqual({ lamp: undefined, online: false });
    expect(toDeviceView(porch)).toMatchObject({ online: false, board: "XIAO", firmware: "1.0.0" });
  });
});
