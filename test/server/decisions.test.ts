import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Decisions, SETTLE } from "../../server/src/decisions.js";
import { Devices, LESSON_SILENCE, type Change, type Device } from "../../server/src/devices.js";

let commands: boolean[];
let changes: [string, Change][];
let devices: Devices;
let decisions: Decisions;
let porch: Device;

beforeEach(() => {
  vi.useFakeTimers();
  commands = [];
  changes = [];
  devices = new Devices((device, change) => changes.push([device.id, change]));
  decisions = new Decisions(devices, (_device, led_on, payload) => {
    expect(JSON.parse(payload.toString())).toEqual({ led_on });
    commands.push(led_on);
  });
  porch = devices.obtain("nightlight/porch")!;
});
afterEach(() => {
  decisions.close();
  vi.useRealTimers();
});

describe("the rule", () => {
  test("every reading is answered, also when nothing changes: on below 300, off otherwise", () => {
    for (const light of [0, 299, 299.9, 300, 1023, 1023]) decisions.reading(porch, { light }, Date.now());
    expect(commands).toEqual([true, true, true, false, false, false]);
  });

  test("a lamp is said to be switched only when it is", () => {
    for (const light of [10, 20, 500, 600, 10]) decisions.reading(porch, { light }, Date.now());
    expect(changes.filter(([, change]) => change === "switched")).toHaveLength(3);
  });
});

describe("old readings", () => {
  test("do not switch a lamp that has a newer one", () => {
    decisions.reading(porch, { light: 900 }, Date.now());
    decisions.reading(porch, { light: 10, age: 60_000 }, Date.now());
    vi.advanceTimersByTime(SETTLE * 2);
    expect(commands).toEqual([false]);
    expect(porch.light).toBe(900);
  });

  test("the night that a board spent offline does not make its lamp flicker: only the last of it counts", () => {
    for (let age = 100_000; age >= 3000; age -= 1000) decisions.reading(porch, { light: age % 2000, age }, Date.now());
    expect(commands).toEqual([]);
    vi.advanceTimersByTime(SETTLE);
    expect(commands).toEqual([false]);
  });

  test("a live reading among them is answered at once, and alone", () => {
    decisions.reading(porch, { light: 900, age: 50_000 }, Date.now());
    decisions.reading(porch, { light: 10 }, Date.now());
    decisions.reading(porch, { light: 900, age: 40_000 }, Date.now());
    vi.advanceTimersByTime(SETTLE * 2);
    expect(commands).toEqual([true]);
  });

  test("two seconds on the way are still the present", () => {
    decisions.reading(porch, { light: 10, age: 2000 }, Date.now());
    expect(commands).toEqual([true]);
  });
});

describe("an override", () => {
  test("takes effect at once, holds against every reading, and ends with auto", () => {
    decisions.reading(porch, { light: 900 }, Date.now());
    decisions.mode(porch, "on", Date.now());
    decisions.reading(porch, { light: 900 }, Date.now());
    decisions.mode(porch, "auto", Date.now());
    expect(commands).toEqual([false, true, true, false]);
  });

  test("ending one says nothing to a lamp of whose light nothing is known", () => {
    decisions.mode(porch, "auto", Date.now());
    expect(commands).toEqual([]);
  });
});

describe("whether a device is online", () => {
  test("a lesson device is, until it was silent for a minute", () => {
    const start = Date.now();
    devices.heard(porch, start);
    expect(porch.view().online).toBe(true);
    devices.sweep(start + LESSON_SILENCE - 1);
    expect(porch.view().online).toBe(true);
    devices.sweep(start + LESSON_SILENCE);
    expect(porch.view().online).toBe(false);
    devices.heard(porch, start + LESSON_SILENCE + 1);
    expect(porch.view().online).toBe(true);
    expect(changes.map(([, change]) => change)).toEqual(["appeared", "offline", "online"]);
  });

  test("a device that announced itself says so itself, however long it is silent", () => {
    devices.heard(porch, Date.now());
    devices.announced(porch, { online: true, board: "XIAO", firmware: "1.0.0" });
    devices.sweep(Date.now() + 10 * LESSON_SILENCE);
    expect(porch.view()).toMatchObject({ online: true, board: "XIAO", firmware: "1.0.0" });
    devices.announced(porch, { online: false });
    expect(porch.view()).toMatchObject({ online: false, board: "XIAO", firmware: "1.0.0" });
  });
});
