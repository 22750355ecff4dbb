/** Tests the monotonic clock, and stored times after the wall clock was wrong or has been set. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { estimateTime } from "../../server/src/devices/board-clock.js";
import { Boots, type StoredBoot } from "../../server/src/devices/boots.js";
import { recordOf, snapshotOf, unwrittenOf } from "../../server/src/cluster/device-records.js";
import { SharedClock } from "../../server/src/cluster/shared-clock.js";
import { Device } from "../../server/src/devices/devices.js";
import { RetentionClock } from "../../server/src/history/retention-clock.js";
import { createOverride } from "../../server/src/devices/override.js";
import {
  decodeData,
  encodeData,
  encodeQueuedPacket,
  fromStoredPacket,
  type QueuedPacket,
  type StoredPacket,
} from "../../server/src/storage/message-codec.js";
import { fromStoredRecord, toStoredRecord } from "../../server/src/storage/session.js";
import { restoreOverride, toStoredOverride } from "../../server/src/decisions/stored-override.js";
import { Wills } from "../../server/src/storage/wills.js";
import type { OrderedStore } from "../../server/src/storage/ordered-store.js";
import type { StorageClock } from "../../server/src/time/storage-clock.js";
import { clock, MonotonicClock } from "../../server/src/time/monotonic-clock.js";

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 6, 1, 12);

/** Fake clocks of a machine, which a test advances and sets. */
class MachineClocks {
  elapsed = 5000;
  ahead: number;
  slept = 0;

  constructor(wall = NOON) {
    this.ahead = wall - this.elapsed;
  }

  readonly sources = {
    monotonic: () => this.elapsed,
    wall: () => this.elapsed + this.slept + this.ahead,
    uptime: () => this.elapsed + this.slept + 77,
  };

  /** Creates the clock of a new process. */
  start(): MonotonicClock {
    return new MonotonicClock(this.sources);
  }

  advance(ms: number): void {
    this.elapsed += ms;
  }

  setWallClock(wall: number): void {
    this.ahead += wall - this.sources.wall();
  }
}

describe("the monotonic clock", () => {
  test("the monotonic clock starts at the wall clock's time and ignores its jumps", () => {
    const machine = new MachineClocks();
    const clock = machine.start();
    expect(clock.now()).toBe(NOON);
    for (const wall of [NOON - HOUR, Date.UTC(1966), Date.UTC(2090), NOON]) {
      machine.setWallClock(wall);
      clock.detectJumps();
      const before = clock.now();
      machine.advance(MINUTE);
      clock.detectJumps();
      expect(clock.now()).toBe(before + MINUTE);
      expect(clock.toWall(clock.now())).toBe(wall + MINUTE);
      expect(clock.fromWall(clock.toWall(before))).toBe(before);
    }
  });

  test("the monotonic clock converts earlier times correctly once the wall clock is right", () => {
    const machine = new MachineClocks(Date.UTC(1970));
    const clock = machine.start();
    const then = clock.now();
    expect([clock.toWall(then), clock.isWallClockPlausible]).toEqual([Date.UTC(1970), false]);
    machine.advance(20 * SECOND);
    machine.setWallClock(NOON);
    clock.detectJumps();
    expect([clock.toWall(then), clock.isWallClockPlausible]).toEqual([NOON - 20 * SECOND, true]);
  });

  test("the monotonic clock reports large jumps of the wall clock, but not slewing", () => {
    const machine = new MachineClocks();
    const clock = machine.start();
    const jumps: number[] = [];
    const end = clock.onJump((jump) => jumps.push(jump));
    for (const step of [40, -90, HOUR, 500, -HOUR]) {
      machine.setWallClock(machine.sources.wall() + step);
      clock.detectJumps();
    }
    end();
    machine.setWallClock(0);
    clock.detectJumps();
    expect(jumps).toEqual([HOUR - 50, -HOUR]);
  });

  test("the monotonic clock includes the time that a laptop sleeps, and reports no jump for it", () => {
    const machine = new MachineClocks();
    const clock = machine.start();
    const jumps: number[] = [];
    clock.onJump((jump) => jumps.push(jump));
    machine.slept = 8 * HOUR;
    clock.detectJumps();
    expect(clock.now()).toBe(NOON + 8 * HOUR);
    expect(jumps).toEqual([]);
  });
});

describe("an override for an hour that is restored after a restart", () => {
  /** Stores an override at one wall clock time and restores it at another. Returns its remaining duration in ms. */
  function remainingOverride(stored: number, restored: number): number {
    const before = new MachineClocks(stored).start();
    const after = new MachineClocks(restored).start();
    const json = JSON.stringify(toStoredOverride(createOverride("on", HOUR, before.now()), before));
    const { until } = restoreOverride(JSON.parse(json) as ReturnType<typeof toStoredOverride>, after);
    return until! - after.now();
  }

  test.each<[what: string, stored: number, restored: number, left: number]>([
    ["the override ends as planned", NOON, NOON + 20 * MINUTE, 40 * MINUTE],
    ["the override lasts for an hour at most when the clock was set back", NOON, NOON - HOUR, HOUR],
    ["the override lasts for an hour when the clock said 1970 and is right now", Date.UTC(1970), NOON, HOUR],
    ["the override lasts for an hour when the clock was right and says 1970 now", NOON, Date.UTC(1970), HOUR],
  ])("%s", (_what, stored, restored, expected) => {
    expect(remainingOverride(stored, restored)).toBe(expected);
  });

  test("the override has ended if its time has passed", () => {
    expect(remainingOverride(NOON, NOON + 2 * HOUR)).toBeLessThan(0);
  });

  test("the formats of earlier versions are restored: only a mode, or no duration", () => {
    const now = new MachineClocks().start();
    expect(restoreOverride("on", now)).toEqual({ mode: "on", until: undefined });
    expect(restoreOverride({ mode: "off", until: NOON + 5 }, now)).toEqual({ mode: "off", until: NOON + 5 });
    expect(restoreOverride(toStoredOverride(createOverride("on", undefined, NOON), now), now)).toMatchObject({
      mode: "on",
    });
  });
});

test("a session expires on time even if the clock was wrong or was set back", () => {
  const restoreExpiry = (stored: number, now: number): number => {
    const record = { permissions: "", expiry: 60, disconnectedAt: stored };
    const before = new MachineClocks(stored).start();
    const after = new MachineClocks(now).start();
    return after.now() - fromStoredRecord(toStoredRecord(record, before), after).disconnectedAt!;
  };
  expect(restoreExpiry(NOON, NOON + MINUTE)).toBe(MINUTE);
  expect(restoreExpiry(Date.UTC(1970), NOON)).toBe(0);
  expect(restoreExpiry(NOON, NOON - HOUR)).toBe(0);
});

test("a queued message expires after its interval even if the clock was wrong or is set meanwhile", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  onTestFinished(() => {
    vi.useRealTimers();
    clock.detectJumps();
  });
  const createPacket = (messageExpiry: number): QueuedPacket => ({
    ...{ cmd: "publish", brokerId: "run-1", brokerCounter: 1, topic: "a", payload: "x", qos: 1, retain: false },
    ...{ dup: false, properties: { messageExpiryInterval: 30 }, messageExpiry },
  });
  const remainingTimeOf = (bytes: Uint8Array): number =>
    fromStoredPacket(decodeData<StoredPacket>(bytes)).messageExpiry! - Date.now();
  const bytes = encodeQueuedPacket(createPacket(Date.now() + 30 * SECOND));
  for (const jump of [-HOUR, 2 * HOUR]) {
    vi.setSystemTime(Date.now() + jump);
    clock.detectJumps();
    expect(Math.abs(remainingTimeOf(bytes) - 30 * SECOND)).toBeLessThan(5 * SECOND);
  }
  // a message from an earlier run has no id of this process's clock
  const encodeStoredPacket = (messageExpiry: number): Buffer => encodeData(createPacket(messageExpiry));
  expect(remainingTimeOf(encodeStoredPacket(Date.now() + 10 * SECOND))).toBe(10 * SECOND);
  expect(remainingTimeOf(encodeStoredPacket(Date.now() + HOUR))).toBe(30 * SECOND);
  expect(remainingTimeOf(encodeStoredPacket(Date.UTC(1970)))).toBe(30 * SECOND);
});

test("soon after a restart with a corrected wall clock, readings have the right time", () => {
  const boots = new Boots();
  // before the restart, the wall clock is an hour slow
  for (let s = 0; s <= 60; s += 10)
    boots.placeReading(1, s + 1, { light: 1, at: s * SECOND }, NOON - HOUR + s * SECOND, true);
  const after = new Boots();
  after.restore(JSON.parse(JSON.stringify(boots.toStoredBoots())) as StoredBoot[]);
  const timeErrorOf = (s: number, seq: number): number =>
    after.placeReading(1, seq, { light: 1, at: s * SECOND }, NOON + s * SECOND, true).measuredAt - (NOON + s * SECOND);
  expect(timeErrorOf(120, 100)).toBe(-HOUR);
  expect(timeErrorOf(124, 101)).toBe(-HOUR);
  expect(timeErrorOf(126, 102)).toBe(0);

  const clock = { currentMin: NOON, previousMin: NOON, periodStart: NOON };
  expect(estimateTime(clock, NOON + 10 * MINUTE, 0, 0)).toBe(NOON);
});

test("retention deletes nothing right after the clock was set forward or while it is obviously wrong", () => {
  const wall = vi.spyOn(clock, "wallNow");
  onTestFinished(() => void wall.mockRestore());
  const readRetentionTimeAt = (time: number): unknown => {
    wall.mockReturnValue(time);
    return retention.now();
  };
  const retention = new RetentionClock();
  const now = clock.now();
  expect(readRetentionTimeAt(now)).toBe(now);
  expect(readRetentionTimeAt(now + 48 * HOUR)).toMatchObject({ problem: expect.stringContaining("was set forward") });
  expect(readRetentionTimeAt(now + 48 * HOUR)).toBe(now + 48 * HOUR);
  expect(readRetentionTimeAt(now)).toBe(now);
  expect(readRetentionTimeAt(Date.UTC(2090))).toMatchObject({
    problem: expect.stringContaining("The machine's clock says 2090"),
  });
  expect(readRetentionTimeAt(Date.UTC(1970))).toMatchObject({
    problem: expect.stringContaining("The machine's clock says 1970"),
  });
});

test("the wills of connected clients stay when the clock is set forward, although aedes then considers the broker dead", async () => {
  const puts: string[] = [];
  const store = { put: (key: string) => void puts.push(key), delete() {}, getDecodedEntries: async () => [] };
  const wills = new Wills(store as unknown as OrderedStore, "run-2");
  await wills.put(
    { id: "board" },
    { cmd: "publish", topic: "a/status", payload: "x", qos: 1, retain: true, dup: false },
  );
  expect(puts).toHaveLength(1);
  expect(await wills.streamWills({}).toArray()).toEqual([]);
  const next = new Wills(store as unknown as OrderedStore, "run-3");
  Object.assign(store, { getDecodedEntries: async () => [["will:board", await wills.get({ id: "board" })]] });
  await next.load();
  expect(await next.streamWills({}).toArray()).toMatchObject([{ clientId: "board" }]);
});

test("servers convert stored times correctly for each other, whatever their own clocks say", () => {
  const [one, two] = [new SharedClock(), new SharedClock()];
  const now = clock.now();
  one.adjust(now + HOUR, now);
  two.adjust(now - 20 * MINUTE, now);
  expect(Math.abs(one.toWall(now) - now - HOUR)).toBeLessThan(SECOND);
  expect(Math.abs(two.fromWall(two.toWall(now)) - now)).toBe(0);
  expect(Math.abs(two.toWall(now) - now + 20 * MINUTE)).toBeLessThan(SECOND);
  const device = new Device("a");
  Object.assign(device, { light: 3, measuredAt: now, lastSeen: now, led_on: true, lamp: { led_on: true, since: now } });
  // a second server's monotonic clock differs by an hour; the shared clock compensates for the difference
  const other = createClockAhead(-HOUR);
  const record = recordOf(device, [{ time: now - 5, light: 1, arrived: now }], createClockAhead(0));
  const taken = new Device("a");
  taken.restore(snapshotOf(record, other));
  expect(taken).toMatchObject({
    measuredAt: now + HOUR,
    lastSeen: now + HOUR,
    lamp: { led_on: true, since: now + HOUR },
  });
  // the record contains the time of an unwritten reading by the shared clock, so that every server writes the same time to
  // the history
  expect(unwrittenOf(record)).toEqual([{ time: now - 5, light: 1, isDated: true }]);
});

/** Creates a shared clock that is `ms` ahead of the server's own clock. */
const createClockAhead = (ms: number): StorageClock => ({
  now: () => clock.now(),
  toWall: (time) => time + ms,
  fromWall: (shared) => shared - ms,
});
