import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Decisions, SETTLE, STALE } from "../../server/src/decisions/decisions.js";
import { Zones } from "../../server/src/decisions/zones/zones.js";
import { Devices, LESSON_SILENCE, type Change, type Device } from "../../server/src/devices/devices.js";

let commands: boolean[];
let answered: (number | undefined)[];
let changes: [string, Change][];
let devices: Devices;
let decisions: Decisions;
let porch: Device;

beforeEach(() => {
  vi.useFakeTimers();
  commands = [];
  answered = [];
  changes = [];
  devices = new Devices((device, change) => changes.push([device.id, change]));
  decisions = new Decisions({
    devices,
    zones: new Zones({ find: (id) => devices.get(id), changed() {}, ended() {} }),
    command(_device, command, payload) {
      expect(payload.toString()).toBe(JSON.stringify(command));
      commands.push(command.led_on);
      answered.push(command.seq);
    },
    ended: ({ id }) => changes.push([id, "mode"]),
  });
  porch = devices.obtain("nightlight/porch")!;
});
/** The newest reading of the porch, taken `age` ms ago. */
function reads(
  light: number,
  { age = 0, sure = true, seq }: { age?: number; sure?: boolean; seq?: number } = {},
): void {
  const now = Date.now();
  decisions.reading(porch, { light, seq, taken: now - age, sure }, now);
}

afterEach(() => {
  decisions.close();
  vi.useRealTimers();
});

describe("the rule", () => {
  test("every reading is answered, also when nothing changes: on below 300, off otherwise", () => {
    for (const light of [0, 299, 299.9, 300, 1023, 1023]) reads(light);
    expect(commands).toEqual([true, true, true, false, false, false]);
  });

  test("a lamp is said to be switched only when it is", () => {
    for (const light of [10, 20, 500, 600, 10]) reads(light);
    expect(changes.filter(([, change]) => change === "switched")).toHaveLength(3);
  });
});

test("a command says which reading it answers, and to a lesson device nothing but the lesson's", () => {
  reads(10, { seq: 7 });
  reads(900);
  expect(answered).toEqual([7, undefined]);
  decisions.mode(porch, "on", undefined, Date.now());
  reads(900, { seq: 8 });
  decisions.mode(porch, "auto", undefined, Date.now());
  expect(answered).toEqual([7, undefined, undefined, 8, 8]);
});

describe("old readings", () => {
  test("a night that comes all at once does not make the lamp flicker: only the last of it counts", () => {
    for (let age = 100_000; age >= 3000; age -= 1000) reads(age % 2000, { age });
    expect(commands).toEqual([]);
    vi.advanceTimersByTime(SETTLE);
    expect(commands).toEqual([false]);
  });

  test("a live reading that follows is answered at once, and alone", () => {
    reads(900, { age: 50_000 });
    reads(10);
    vi.advanceTimersByTime(SETTLE * 2);
    expect(commands).toEqual([true]);
  });

  test("two seconds on the way are still the present", () => {
    reads(10, { age: STALE });
    expect(commands).toEqual([true]);
  });

  test("do not hold a lamp up for ever, should a clock be wrong", () => {
    for (let t = 0; t < 3000; t += 200) {
      reads(10, { age: 3_600_000 });
      vi.advanceTimersByTime(200);
    }
    expect(commands.length).toBeGreaterThanOrEqual(2);
  });
});

describe("while a queue is on its way", () => {
  beforeEach(() => {
    decisions.catchingUp = true;
  });

  test("a reading of which the time is not sure counts as old, one of which it is sure does not", () => {
    for (let n = 0; n < 20; n++) {
      reads(n * 50, { sure: false });
      vi.advanceTimersByTime(SETTLE / 2);
    }
    expect(commands).toEqual([]);
    reads(10);
    expect(commands).toEqual([true]);
  });

  test("the last of it is answered when nothing follows", () => {
    reads(900, { sure: false });
    reads(10, { sure: false });
    vi.advanceTimersByTime(SETTLE);
    expect(commands).toEqual([true]);
  });
});

describe("an override", () => {
  test("takes effect at once, holds against every reading, and ends with auto", () => {
    reads(900);
    decisions.mode(porch, "on", undefined, Date.now());
    reads(900);
    decisions.mode(porch, "auto", undefined, Date.now());
    expect(commands).toEqual([false, true, true, false]);
  });

  test("ending one says nothing to a lamp of whose light nothing is known", () => {
    decisions.mode(porch, "auto", undefined, Date.now());
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
    devices.announced(porch, { online: true, board: "XIAO", firmware: "1.0.0" }, false);
    devices.sweep(Date.now() + 10 * LESSON_SILENCE);
    expect(porch.view()).toMatchObject({ online: true, board: "XIAO", firmware: "1.0.0" });
    devices.announced(porch, { online: false }, false);
    expect(porch.view()).toMatchObject({ online: false, board: "XIAO", firmware: "1.0.0" });
  });
});
