/** What apps are told of lamps: the newest, in turn, and not so much of it that lamps would have to wait. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Devices } from "../../server/src/devices/devices.js";
import { overrideOf } from "../../server/src/devices/override.js";
import { DecisionPublisher } from "../../server/src/outputs/decision-publisher.js";
import { Publisher } from "../../server/src/transport/publisher.js";

const SECOND = 1000;
const MANY = 3000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A decision publisher, devices whose lamps switch, and what was published, each with its topic. */
function manyDevices(count: number) {
  const told: string[] = [];
  const publisher = new Publisher();
  publisher.connect((topic, payload) => void told.push(`${topic} ${payload.toString()}`));
  const decisions = new DecisionPublisher(publisher);
  const devices = new Devices();
  const all = Array.from({ length: count }, (_, n) => devices.obtain(`board${n}`)!);
  const switchAll = (led_on: boolean): void => {
    for (const device of all) if (device.setLed(led_on)) decisions.switched(device);
  };
  return { told, decisions, devices, all, switchAll };
}

describe("when very many lamps switch at once", () => {
  test("apps are told of at most 1,000 a second, of each lamp once, and in the end of all", () => {
    const { told, switchAll } = manyDevices(MANY);
    switchAll(true);
    let before = 0;
    for (let second = 0; second < 3; second++) {
      vi.advanceTimersByTime(SECOND);
      expect(told.length - before).toBeGreaterThan(0);
      expect(told.length - before).toBeLessThanOrEqual(1000);
      before = told.length;
    }
    expect(told).toHaveLength(MANY);
    expect(new Set(told).size).toBe(MANY);
    vi.advanceTimersByTime(SECOND);
    expect(told).toHaveLength(MANY);
  });

  test("a lamp that switches again while it waits is told as it is then", () => {
    const { told, switchAll } = manyDevices(MANY);
    switchAll(false);
    vi.advanceTimersByTime(SECOND / 2);
    const already = told.length;
    switchAll(true);
    vi.advanceTimersByTime(10 * SECOND);
    expect(told.slice(already).every((line) => line.includes('"led_on":true'))).toBe(true);
    expect(new Set(told.slice(already).map((line) => line.split(" ")[0])).size).toBe(MANY);
  });

  test("a person who wishes something sees it told within a quarter of a second", () => {
    const { told, decisions, all, switchAll } = manyDevices(MANY);
    switchAll(true);
    const last = all.at(-1)!;
    last.setOverride(overrideOf("off", undefined, Date.now()));
    decisions.modeChanged(last);
    vi.advanceTimersByTime(SECOND / 4);
    expect(told.find((line) => line.startsWith(`${last.id}/decision`))).toContain('"mode":"off"');
  });
});

test("a lamp that flickers is told of four times a second at most, and as it is in the end", () => {
  const { told, switchAll } = manyDevices(1);
  for (let ms = 0; ms < SECOND; ms += 10) {
    switchAll(ms % 20 === 0);
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(SECOND);
  expect(told.length).toBeLessThanOrEqual(4);
  expect(told.at(-1)).toContain('"led_on":false');
});

test("at the end all that waits is told", () => {
  const { told, decisions, switchAll } = manyDevices(MANY);
  switchAll(true);
  decisions.close();
  expect(told).toHaveLength(MANY);
});
