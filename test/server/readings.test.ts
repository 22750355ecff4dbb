/** Tests the time of readings, the detection of duplicates, and the count of missing readings. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Boots, type StoredBoot } from "../../server/src/devices/boots.js";
import { estimateTime } from "../../server/src/devices/board-clock.js";
import { BACKLOG_WAIT, Gaps, MISSING_LOG_DELAY } from "../../server/src/devices/gaps.js";
import { createLog } from "../../server/src/observability/log.js";
import { eventually } from "../support/eventually.js";
import { startTestBoard } from "./support/board.js";
import { startTestServer } from "./support/server.js";

const NOON = 1_800_000_000_000;

const createBootClock = () => ({ currentMin: NaN, previousMin: NaN, periodStart: NaN });

function restoreBoots(stored: readonly StoredBoot[]): Boots {
  const boots = new Boots();
  boots.restore(stored);
  return boots;
}

describe("the time of a reading", () => {
  test("the fastest readings determine the time of a delayed one", () => {
    const clock = createBootClock();
    estimateTime(clock, NOON + 40, 1000, 0);
    expect(estimateTime(clock, NOON + 40, 1000, 0)).toBe(NOON + 40);
    expect(estimateTime(clock, NOON + 505, 1500, 0)).toBe(NOON + 505);
    // the board resends a reading ten seconds later without updating its age, so the server uses the board's clock
    expect(estimateTime(clock, NOON + 10_500, 1600, 0)).toBe(NOON + 605);
    // the board took this reading five seconds before it sent the reading
    expect(estimateTime(clock, NOON + 10_600, 5000, 5600)).toBe(NOON + 4005);
  });

  test("the time is correct after a silence, even if the first reading after it is delayed", () => {
    const clock = createBootClock();
    estimateTime(clock, NOON, 0, 0);
    expect(estimateTime(clock, NOON + 600_000, 100, 0)).toBe(NOON + 100);
    expect(estimateTime(clock, NOON + 600_050, 600_040, 0)).toBe(NOON + 600_040);
  });

  test("the time follows a drifting board clock and a server clock that was set", () => {
    const clock = createBootClock();
    estimateTime(clock, NOON, 0, 0);
    let worst = 0;
    for (let hour = 1; hour <= 24; hour++)
      for (let s = 0; s < 3600; s += 30) {
        const elapsed = ((hour - 1) * 3600 + s) * 1000;
        const slow = Math.round(elapsed * (1 - 50e-6));
        worst = Math.max(worst, NOON + elapsed - estimateTime(clock, NOON + elapsed, slow, 0));
      }
    expect(worst).toBeLessThan(20);
    const later = NOON + 86_400_000 + 3_600_000;
    for (let s = 0; s <= 150; s += 10) estimateTime(clock, later + s * 1000, 86_400_000 + s * 1000, 0);
    expect(estimateTime(clock, later + 160_000, 86_560_000, 0)).toBe(later + 160_000);
    expect(estimateTime(clock, NOON, 86_570_000, 0)).toBe(NOON);
  });

  test("the time is certain after the first live reading, also after a restart", () => {
    const boots = new Boots();
    const placeReading = (seq: number, live: boolean, of = boots) =>
      of.placeReading(1, seq, { light: 1, at: seq * 1000 }, NOON, live);
    expect(placeReading(1, false).isTimeCertain).toBe(false);
    expect(placeReading(2, false).isTimeCertain).toBe(false);
    expect(placeReading(1, false, restoreBoots(boots.toStoredBoots()))).toMatchObject({
      isTimeCertain: false,
      arrival: "duplicate",
    });
    expect(placeReading(3, true).isTimeCertain).toBe(true);
    const again = restoreBoots(JSON.parse(JSON.stringify(boots.toStoredBoots())) as StoredBoot[]);
    expect(placeReading(4, false, again)).toMatchObject({ isTimeCertain: true, arrival: "newest" });
  });
});

test("repeated readings of the previous boot are duplicates", () => {
  const boots = new Boots();
  const arrivalOf = (boot: number, seq: number) => boots.placeReading(boot, seq, { light: 1 }, NOON, true).arrival;
  expect([arrivalOf(1, 1), arrivalOf(1, 2), arrivalOf(2, 1)]).toEqual(["newest", "newest", "newest"]);
  expect([arrivalOf(1, 2), arrivalOf(1, 3), arrivalOf(2, 1), arrivalOf(2, 2)]).toEqual([
    "duplicate",
    "late",
    "duplicate",
    "newest",
  ]);
});

describe("missing readings", () => {
  let gaps: Gaps;
  let now: number;
  beforeEach(() => {
    gaps = new Gaps();
    now = NOON;
  });
  const countMissingAfter = (ms: number): boolean => gaps.countMissing((now += ms));

  test("readings count as missing only after a backlog has arrived without them", () => {
    gaps.update(100, now);
    for (let holes = 99; holes >= 3; holes--) {
      expect(countMissingAfter(BACKLOG_WAIT - 1)).toBe(false);
      gaps.update(holes, now);
      expect(gaps.missing).toBe(0);
    }
    expect(countMissingAfter(BACKLOG_WAIT)).toBe(true);
    expect(gaps.missing).toBe(3);
    gaps.update(2, now);
    expect(gaps.missing).toBe(2);
  });

  test("readings count as missing even while more and more gaps appear", () => {
    for (let holes = 1; holes <= 20; holes++) {
      gaps.update(holes, now);
      countMissingAfter(1000);
    }
    expect(gaps.missing).toBeGreaterThan(10);
  });

  test("missing readings are reported once, after a minute", () => {
    gaps.update(2, now);
    countMissingAfter(BACKLOG_WAIT);
    expect(gaps.isLogDue(now + MISSING_LOG_DELAY - BACKLOG_WAIT - 1)).toBe(false);
    expect(gaps.isLogDue(now + MISSING_LOG_DELAY)).toBe(true);
    expect(gaps.isLogDue(now + 10 * MISSING_LOG_DELAY)).toBe(false);
  });

  test("missing readings are forgotten together with their boot", () => {
    gaps.update(2, now);
    countMissingAfter(BACKLOG_WAIT);
    gaps.update(0, now);
    expect(gaps.missing).toBe(0);
    expect(gaps.isLogDue(now + MISSING_LOG_DELAY)).toBe(false);
  });
});

describe("a board that was offline", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("the board's late readings are stored at their times without an answer, and its lost readings count as missing", async () => {
    const lines: string[] = [];
    const log = createLog("json", { output: { write: (text: string) => lines.push(text) } });
    vi.useFakeTimers({ toFake: ["Date", "performance", "setInterval"], now: NOON, shouldAdvanceTime: true });
    const running = await startTestServer({ log, http: false });
    const porch = await startTestBoard(running.brokerUrl, "porch");
    await porch.read(900, { age: 0, at: 100_000 });
    // the board sends its newest reading (`seq` 20) first and then its buffer, from which it has dropped readings 3 to 5
    for (const [seq, light, age] of [
      [20, 10, 0],
      [2, 500, 90_000],
      ...Array.from({ length: 14 }, (_, n) => [6 + n, n % 2 ? 900 : 10, 80_000 - n * 1000]),
    ])
      await porch.read(light, { seq, age, at: 200_000 - age });
    await porch.client.publishAsync("porch/status", '{"online":true,"dropped":3}', { qos: 1, retain: true });
    await eventually(() => running.devices.get("porch")?.dropped === 3, { what: "the status" });
    expect(porch.commands.map(({ text }) => text)).toEqual(['{"led_on":false,"seq":1}', '{"led_on":true,"seq":20}']);
    expect(running.devices.get("porch")).toMatchObject({ light: 10, missing: 0 });
    const points = running.devices.recent("porch");
    expect(points).toHaveLength(17);
    expect(points.map(({ time }) => time)).toEqual([...points.map(({ time }) => time)].sort((a, b) => a - b));
    expect(points.at(-1)).toMatchObject({ light: 10, led_on: true });
    vi.advanceTimersByTime(2 * BACKLOG_WAIT);
    expect(running.devices.get("porch")).toMatchObject({ missing: 3, online: true });
    vi.advanceTimersByTime(MISSING_LOG_DELAY + BACKLOG_WAIT);
    log.flush();
    const warnings = lines
      .join("")
      .split("\n")
      .filter((line) => line.includes("missing"));
    expect(warnings).toHaveLength(1);
    expect(JSON.parse(warnings[0])).toMatchObject({
      level: "warn",
      id: "porch",
      change: "gap",
      msg: expect.stringContaining("3 readings are missing"),
    });
  });
});
