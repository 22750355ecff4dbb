/** Tests the decision publisher, which publishes the latest decision of each lamp at a limited rate. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Devices } from "../../server/src/devices/devices.js";
import { createOverride } from "../../server/src/devices/override.js";
import { DecisionPublisher } from "../../server/src/outputs/decision-publisher.js";
import { Publisher } from "../../server/src/transport/publisher.js";

const SECOND = 1000;
const DEVICE_COUNT = 3000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Creates a decision publisher with devices, and records each published message as `<topic> <payload>`. */
function createPublisher(count: number) {
  const published: string[] = [];
  const publisher = new Publisher();
  publisher.setConnection({ publish: (topic, payload) => void published.push(`${topic} ${payload.toString()}`) });
  const decisions = new DecisionPublisher(publisher);
  const devices = new Devices();
  const all = Array.from({ length: count }, (_, n) => devices.obtain(`board${n}`)!);
  const switchAll = (led_on: boolean): void => {
    for (const device of all) if (device.setLed(led_on)) decisions.lampSwitched(device);
  };
  return { published, decisions, devices, all, switchAll };
}

describe("when many lamps switch at once", () => {
  test("at most 1,000 decisions are published per second, and one for each lamp in the end", () => {
    const { published, switchAll } = createPublisher(DEVICE_COUNT);
    switchAll(true);
    let before = 0;
    for (let second = 0; second < 3; second++) {
      vi.advanceTimersByTime(SECOND);
      expect(published.length - before).toBeGreaterThan(0);
      expect(published.length - before).toBeLessThanOrEqual(1000);
      before = published.length;
    }
    expect(published).toHaveLength(DEVICE_COUNT);
    expect(new Set(published).size).toBe(DEVICE_COUNT);
    vi.advanceTimersByTime(SECOND);
    expect(published).toHaveLength(DEVICE_COUNT);
  });

  test("a lamp that switches again while its decision waits is published with its latest state", () => {
    const { published, switchAll } = createPublisher(DEVICE_COUNT);
    switchAll(false);
    vi.advanceTimersByTime(SECOND / 2);
    const already = published.length;
    switchAll(true);
    vi.advanceTimersByTime(10 * SECOND);
    expect(published.slice(already).every((line) => line.includes('"led_on":true'))).toBe(true);
    expect(new Set(published.slice(already).map((line) => line.split(" ")[0])).size).toBe(DEVICE_COUNT);
  });

  test("a decision that a person overrides is published within a quarter of a second", () => {
    const { published, decisions, all, switchAll } = createPublisher(DEVICE_COUNT);
    switchAll(true);
    const last = all.at(-1)!;
    last.setOverride(createOverride("off", undefined, Date.now()));
    decisions.overrideChanged(last);
    vi.advanceTimersByTime(SECOND / 4);
    expect(published.find((line) => line.startsWith(`${last.id}/decision`))).toContain('"mode":"off"');
  });
});

test("a flickering lamp is published at most four times a second, and finally with its last state", () => {
  const { published, switchAll } = createPublisher(1);
  for (let ms = 0; ms < SECOND; ms += 10) {
    switchAll(ms % 20 === 0);
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(SECOND);
  expect(published.length).toBeLessThanOrEqual(4);
  expect(published.at(-1)).toContain('"led_on":false');
});

test("close publishes all waiting decisions", () => {
  const { published, decisions, switchAll } = createPublisher(DEVICE_COUNT);
  switchAll(true);
  decisions.close();
  expect(published).toHaveLength(DEVICE_COUNT);
});
