import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { SimulatedBoard, Device } from "../../server/dashboard/api.js";
import { now, setClock } from "../../server/dashboard/clock.js";
import { BoardModel } from "../../server/dashboard/model.js";
import { createDeviceView } from "./support/fake-api.js";
import {
  findLampOnRanges,
  RecentReadings,
  MAX_SILENCE,
  PLOT_DURATION,
} from "../../server/dashboard/overview/series.js";

const createDevice = (change: Partial<Device> = {}): Device =>
  createDeviceView("nightlight/a", { last_seen: new Date(1000).toISOString(), ...change });

const createBoard = (change: Partial<SimulatedBoard> = {}): SimulatedBoard => ({
  id: "nightlight/a",
  light: 500,
  lamp: false,
  held: false,
  running: true,
  crashes: 0,
  network: "up",
  ...change,
});

test("the page's clock follows the server's clock and ignores jumps of the browser's clock", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const before = now();
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(now() - before).toBeGreaterThanOrEqual(0);
  expect(now() - before).toBeLessThan(60_000);
  setClock(new Date(before + 7_200_000).toUTCString());
  expect(Math.abs(now() - before - 7_200_000)).toBeLessThan(60_000);
  setClock(null);
  expect(Math.abs(now() - before - 7_200_000)).toBeLessThan(60_000);
});

describe("a plot's readings", () => {
  test("a plot's readings continue after the server's clock was set back, without duplicates", () => {
    const series = new RecentReadings();
    for (const time of [3_600_000, 3_601_000]) series.add(time, 1, false);
    series.insertStoredReadings([{ time: 0, light: 1, led_on: false }, { time: 1000, light: 1, led_on: false }], 2000); // prettier-ignore
    series.add(2000, 2, false);
    expect(series.readings.map(({ time }) => time)).toEqual([0, 1000, 2000]);
  });

  test("a plot's readings stay sorted and bounded, and always include the newest", () => {
    const point = fc.record({
      time: fc.integer({ min: 0, max: 10 * PLOT_DURATION }),
      light: fc.option(fc.integer({ min: 0, max: 1023 })),
      led_on: fc.option(fc.boolean()),
    });
    fc.assert(
      fc.property(fc.array(point), fc.array(point, { maxLength: 3000 }), (remembered, live) => {
        const series = new RecentReadings();
        series.insertStoredReadings(remembered);
        for (const { time, light, led_on } of live) series.add(time, light ?? 0, led_on ?? false);
        const times = series.readings.map((reading) => reading.time);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times.length).toBeLessThanOrEqual(1200);
        if (live.length > 0) expect(series.last?.light).toBe(live[live.length - 1].light ?? 0);
      }),
      { numRuns: 50 },
    );
  });

  test("before the time window are removed, except the one before its start", () => {
    const series = new RecentReadings();
    for (let s = 0; s <= 1000; s++) series.add(s * 1000, s, false);
    const before = series.readings.filter((reading) => reading.time < 1_000_000 - PLOT_DURATION);
    expect(before.length).toBeGreaterThanOrEqual(1);
    expect(before.length).toBeLessThan(40);
    expect(series.readings.length - before.length).toBe(PLOT_DURATION / 1000 + 1);
  });

  test("a plot's readings combine stored and live readings without duplicates", () => {
    const series = new RecentReadings();
    series.add(3000, 30, true);
    series.add(4000, 40, true);
    series.insertStoredReadings([
      { time: 2000, light: 20, led_on: null },
      { time: 1000, light: 10, led_on: false },
      { time: 3000, light: 30, led_on: true },
      { time: 2500, light: null, led_on: true },
    ]);
    expect(series.readings.map((reading) => reading.light)).toEqual([10, 20, 30, 40]);
  });
});

describe("the time the lamp was on", () => {
  test("the time the lamp was on extends from the reading that switched it on to the one that switched it off, or until now", () => {
    const readings = [
      { time: 1000, light: 500, led_on: false },
      { time: 2000, light: 200, led_on: true },
      { time: 3000, light: 210, led_on: true },
      { time: 4000, light: 500, led_on: false },
      { time: 5000, light: 100, led_on: true },
    ];
    expect(findLampOnRanges(readings, 6000)).toEqual([
      { from: 2000, to: 4000 },
      { from: 5000, to: 6000 },
    ]);
  });

  test("the time the lamp was on does not extend into gaps", () => {
    const readings = [
      { time: 0, light: 200, led_on: true },
      { time: 10 * MAX_SILENCE, light: 200, led_on: true },
    ];
    expect(findLampOnRanges(readings, 10 * MAX_SILENCE)).toEqual([{ from: 0, to: MAX_SILENCE }]);
  });
});

describe("a board on the page", () => {
  test("a board's plot gets one point per reading, and one if only the lamp changes", () => {
    const model = new BoardModel("nightlight/a");
    model.updateDevice(createDevice(), 2000);
    // changes only the mode, which must not add a point to the plot
    model.updateDevice(createDevice({ mode: "on" }), 2500);
    model.updateDevice(createDevice({ mode: "on", led_on: true }), 3000);
    expect(model.series.readings).toEqual([
      { time: 1000, light: 500, led_on: false },
      { time: 3000, light: 500, led_on: true },
    ]);
  });

  test("a board on the page shows the simulated lamp if there is one", () => {
    const model = new BoardModel("nightlight/a");
    expect(model.lamp).toBe(null);
    model.updateDevice(createDevice({ led_on: true }), 2000);
    expect(model.lamp).toBe(true);
    model.updateSimulatedBoard(createBoard({ lamp: false }), 2000);
    expect(model.lamp).toBe(false);
  });

  test("a board on the page has the time since which it is online or offline, if the server sends the time", () => {
    const model = new BoardModel("nightlight/a");
    model.updateDevice(createDevice(), 2000);
    expect(model.since).toBe(undefined);
    model.updateDevice(createDevice({ online: false, since: new Date(2500).toISOString() }), 3000);
    expect(model.since).toBe(2500);
  });

  test("a board on the page measures the lamp's reaction time from the move of the slider that requires a switch", () => {
    const model = new BoardModel("nightlight/a");
    model.updateDevice(createDevice(), 0);
    model.updateSimulatedBoard(createBoard(), 0);
    // this light is still bright: the lamp need not switch, so the measurement of the reaction time does not start
    model.handleSlider(400, 1000);
    model.handleSlider(299, 2000);
    model.handleSlider(100, 2100);
    model.updateSimulatedBoard(createBoard({ light: 299 }), 2150);
    expect(model.reactionTime).toBe(undefined);
    model.updateSimulatedBoard(createBoard({ light: 100, lamp: true }), 2250);
    expect(model.reactionTime).toBe(250);
  });

  test("a board on the page uses its own threshold", () => {
    const model = new BoardModel("nightlight/a");
    model.updateDevice(createDevice({ threshold: 600 }), 0);
    model.updateSimulatedBoard(createBoard({ light: 700 }), 0);
    model.handleSlider(550, 1000);
    model.updateSimulatedBoard(createBoard({ light: 550, lamp: true }), 1100);
    expect(model.reactionTime).toBe(100);
  });

  test("a board on the page measures no reaction time during an override, in a zone, or while the network is cut", () => {
    for (const [mode, network, zone] of [
      ["off", "up", null],
      ["auto", "cut", null],
      ["auto", "up", "yard"],
    ] as const) {
      const model = new BoardModel("nightlight/a");
      model.updateDevice(createDevice({ mode, zone }), 0);
      model.updateSimulatedBoard(createBoard({ network }), 0);
      model.handleSlider(100, 1000);
      model.updateSimulatedBoard(createBoard({ lamp: true, network }), 9000);
      expect(model.reactionTime).toBe(undefined);
    }
  });
});
