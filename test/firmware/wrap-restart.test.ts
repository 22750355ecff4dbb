/**
 * Tests that a board works across 2^32 ms (49.7 days) on its clock, where the runtime loses sleeping fibers. The simulated
 * boards run the real bytecode and start shortly before that time.
 */
import fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicOf } from "../../contract/index.js";
import { LESSON_POLICY } from "../../server/src/decisions/policy.js";
import { brokerSettingsOf, type SimulatedBoard } from "../../sim/index.js";
import { isRestartDue } from "../../src/wrap-restart.js";
import { eventually } from "../support/eventually.js";
import { waitForOnline, startRig, type Rig } from "../support/rig.js";

const CLOCK_WRAP = 2 ** 32;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("the time of the restart before the clock wraps", () => {
  it.each([
    [25 * HOUR, "off", "idle", false],
    [23 * HOUR, "off", "idle", true],
    [23 * HOUR, "on", "idle", false],
    [23 * HOUR, "off", "busy", false],
    [50 * MINUTE, "on", "idle", true],
    [50 * MINUTE, "off", "busy", true],
    [50 * MINUTE, "on", "busy", false],
    [9 * MINUTE, "on", "busy", true],
    [-1, "on", "busy", true],
  ])("with %i ms left, a lamp that is %s, and a board that is %s: %s", (left, lamp, state, due) => {
    expect(isRestartDue(CLOCK_WRAP - left, lamp === "on", state === "idle")).toBe(due);
  });

  it("is never before the last day", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: CLOCK_WRAP - 24 * HOUR - 1 }),
        fc.boolean(),
        fc.boolean(),
        (now, on, idle) => {
          expect(isRestartDue(now, on, idle)).toBe(false);
        },
      ),
    );
  });
});

describe("a board whose clock wraps", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ broker: "embedded", ids: [], server: { policy: { ...LESSON_POLICY, reporting: { alone_after: 2000 } } } }); // prettier-ignore
  });
  afterAll(() => rig?.close());

  /** Adds a board that is switched on `left` ms before the wrap. Returns the board and its restarts and crashes. */
  function addBoard(id: string, left: number, speed = 1, settings = {}) {
    const board = rig.simulator.add({
      id,
      speed,
      uptime: CLOCK_WRAP - left,
      settings: { ...brokerSettingsOf(rig.url), ...settings },
    });
    const counts = { reboots: 0, crashes: 0 };
    board.on("reboot", () => counts.reboots++);
    board.on("crash", () => counts.crashes++);
    return { board, counts };
  }

  async function expectLampFollows(board: SimulatedBoard): Promise<void> {
    for (const light of [100, 900, 299, 300]) {
      board.setLight(light);
      await eventually(() => board.lamp === light < 300, { within: 20_000, what: `${board.id} at light ${light}` });
    }
  }

  async function requestAction(id: string, action: string, seq: number): Promise<void> {
    await rig.observer.publishAsync(topicOf(id, "commands"), JSON.stringify({ action, seq }), { qos: 1 });
    const reply = `{"seq":${seq},"ok":true`;
    await eventually(() => rig.seen.some((m) => m.topic === topicOf(id, "replies") && m.text.startsWith(reply)), {
      within: 20_000,
      what: `${id} to reply to ${action}`,
    });
  }

  it("follows the light and performs actions afterwards, wherever the start was in the last minute", async () => {
    const lefts = [15, 18, 22, 27, 31, 36, 40, 45].map((seconds) => seconds * SECOND);
    const boards = lefts.map((left, i) => addBoard(`nightlight/wrap-${i}`, left));
    const began = performance.now();
    await Promise.all(boards.map(({ board }) => board.start()));
    await sleep(Math.max(0, began + 50 * SECOND - performance.now())); // without restarts, all clocks would wrap
    await Promise.all(
      boards.map(async ({ board, counts }, i) => {
        await expectLampFollows(board);
        await requestAction(board.id, "identify", 1000 + i);
        expect(counts).toEqual({ reboots: 1, crashes: 0 });
        await requestAction(board.id, "reboot", 2000 + i);
        await eventually(() => counts.reboots === 2, { within: 20_000, what: "the reboot" });
        await expectLampFollows(board);
      }),
    );
    await Promise.all(boards.map(({ board }) => rig.simulator.remove(board.id)));
  });

  it("restarts while its lamp is off, and loses no reading", async () => {
    const id = "nightlight/dark-window";
    const { board, counts } = addBoard(id, 24 * HOUR + 10 * MINUTE, 60);
    board.setLight(100);
    await board.start();
    await eventually(() => board.lamp, { within: 20_000, what: "the lamp" });
    await sleep(15_000); // waits until the clock enters the last day before it wraps
    expect(counts.reboots).toBe(0);
    const lamps: boolean[] = [];
    board.on("lamp", (on) => lamps.push(on));
    board.setLight(900);
    await eventually(() => counts.reboots === 1, { within: 30_000, what: "the restart" });
    expect(lamps).toEqual([false]);
    await eventually(() => rig.server.devices.get(id)?.online, { within: 30_000, what: "the board to be back" });
    await expectLampFollows(board);
    const listSeqsByBoot = (): number[][] => {
      const seqs = new Map<number, number[]>();
      for (const { topic, text } of rig.seen) {
        if (topic !== topicOf(id, "telemetry")) continue;
        const { boot, seq } = JSON.parse(text) as { boot: number; seq: number };
        seqs.set(boot, [...(seqs.get(boot) ?? []), seq]);
      }
      return [...seqs.values()];
    };
    // stored readings may arrive after the live ones that the lamp follows
    await eventually(() => listSeqsByBoot().every((seqs) => new Set(seqs).size === Math.max(...seqs)), {
      what: "every reading",
    });
    expect(listSeqsByBoot()).toHaveLength(2);
    expect(counts).toEqual({ reboots: 1, crashes: 0 });
    await rig.simulator.remove(id);
  });

  it("switches a lamp that was on all the time on again after the restart, without a server, and only then", async () => {
    const id = "nightlight/always-dark";
    // The lamp is on from the start, because otherwise the board would restart at once.
    const { board, counts } = addBoard(id, 70 * MINUTE, 60, { NL_LAMP: true });
    board.setLight(100);
    await board.start();
    await waitForOnline(rig, id);
    await eventually(() => board.lamp, { within: 20_000, what: "the lamp" });
    expect(counts.reboots).toBe(0);
    const lamps: boolean[] = [];
    board.on("lamp", (on) => lamps.push(on));
    board.on("reboot", () => {
      board.network.cut();
      board.setLight(900);
    });
    await eventually(() => counts.reboots === 1, { within: 60_000, what: "the restart" });
    // The lamp is off without power, then on by the stored state although it is bright, then off by the board's decision.
    await eventually(() => lamps.length === 3, { within: 20_000, what: "the board to decide alone" });
    expect(lamps).toEqual([false, true, false]);
    await board.restart();
    expect(lamps).toEqual([false, true, false]);
    board.network.heal();
    await expectLampFollows(board);
    expect(counts).toEqual({ reboots: 1, crashes: 0 });
    await rig.simulator.remove(id);
  });
});
