/** What apps are told of lamps: the newest, in turn, and not so much of it that lamps would have to wait. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Announcer } from "../../server/src/outputs/decision-publisher.js";
import { Devices, type Device } from "../../server/src/devices/devices.js";
import { overrideOf } from "../../server/src/devices/override.js";

const SECOND = 1000;
const CROWD = 3000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An announcer, devices that have switched, and what was told, by topic. */
function crowd(count: number) {
  const told: string[] = [];
  const announcer = new Announcer((topic, payload) => void told.push(`${topic} ${payload.toString()}`));
  const devices = new Devices((device, change) => {
    if (change === "switched") announcer.switched(device);
  });
  const all = Array.from({ length: count }, (_, n) => devices.obtain(`board${n}`)!);
  const switchAll = (led_on: boolean): void => all.forEach((device: Device) => devices.lamp(device, led_on));
  return { told, announcer, devices, all, switchAll };
}

describe("when very many lamps switch at once", () => {
  test("apps are told of at most 1,000 a second, of each lamp once, and in the end of all", () => {
    const { told, switchAll } = crowd(CROWD);
    switchAll(true);
    let before = 0;
    for (let second = 0; second < 3; second++) {
      vi.advanceTimersByTime(SECOND);
      expect(told.length - before).toBeGreaterThan(0);
      expect(told.length - before).toBeLessThanOrEqual(1000);
      before = told.length;
    }
    expect(told).toHaveLength(CROWD);
    expect(new Set(told).size).toBe(CROWD);
    vi.advanceTimersByTime(SECOND);
    expect(told).toHaveLength(CROWD);
  });

  test("a lamp that switches again while it waits is told as it is then", () => {
    const { told, switchAll } = crowd(CROWD);
    switchAll(false);
    vi.advanceTimersByTime(SECOND / 2);
    const already = told.length;
    switchAll(true);
    vi.advanceTimersByTime(10 * SECOND);
    expect(told.slice(already).every((line) => line.includes('"led_on":true'))).toBe(true);
    expect(new Set(told.slice(already).map((line) => line.split(" ")[0])).size).toBe(CROWD);
  });

  test("a person who wishes something sees it told within a quarter of a second", () => {
    const { told, announcer, all, switchAll } = crowd(CROWD);
    switchAll(true);
    const last = all.at(-1)!;
    last.override = overrideOf("off", undefined, Date.now());
    announcer.wished(last);
    vi.advanceTimersByTime(SECOND / 4);
    expect(told.find((line) => line.startsWith(`${last.id}/decision`))).toContain('"mode":"off"');
  });
});

test("a lamp that flickers is told of four times a second at most, and as it is in the end", () => {
  const { told, switchAll } = crowd(1);
  for (let ms = 0; ms < SECOND; ms += 10) {
    switchAll(ms % 20 === 0);
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(SECOND);
  expect(told.length).toBeLessThanOrEqual(4);
  expect(told.at(-1)).toContain('"led_on":false');
});

test("at the end all that waits is told", () => {
  const { told, announcer, switchAll } = crowd(CROWD);
  switchAll(true);
  announcer.close();
  expect(told).toHaveLength(CROWD);
});
