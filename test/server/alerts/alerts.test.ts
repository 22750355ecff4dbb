/** Tests when problems become alerts, with simulated time: one alert for each long outage, and none for a short one. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LESSON_RULE } from "../../../contract/index.js";
import { LOSS_END_DELAY } from "../../../server/src/alerts/losses.js";
import { MAX_OPEN_ALERTS } from "../../../server/src/alerts/tracker.js";
import { AlertBench } from "../support/alert-bench.js";
import { getTestSeed } from "../../support/seed.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const GRACE_PERIOD = 2 * MINUTE;
/** Longest time between two checks of the devices for problems, in ms. */
const CHECK_INTERVAL = 5 * SECOND;

const ZONE = {
  name: "hall",
  label: "Hall",
  sensors: ["a", "b"],
  lamps: ["a"],
  combine: "median",
  at_least: 1,
  rule: LESSON_RULE,
  stale_after: 90 * SECOND,
} as const;

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 5, 1, 12) }));
afterEach(() => void vi.useRealTimers());

const createBench = (): AlertBench => new AlertBench({ after: GRACE_PERIOD });

describe("a board", () => {
  test("a board that is offline for two minutes raises one alert, which its return resolves", async () => {
    const server = createBench();
    server.publishStatus("porch", { online: true });
    await server.advance(10 * MINUTE);
    server.publishStatus("porch", { online: false });
    await server.advance(GRACE_PERIOD - CHECK_INTERVAL);
    expect(server.openAlerts).toEqual([]);
    await server.advance(2 * CHECK_INTERVAL);
    expect(server.openAlerts).toEqual(["board-offline porch"]);
    expect(server.alerts.counts()["board-offline"]).toBe(1);
    const [alert] = server.alerts.list();
    expect(alert).toMatchObject({ device: "porch", label: "porch", text: "Board porch is offline.", resolved: null });
    expect(Date.parse(alert.raised) - Date.parse(alert.since)).toBeGreaterThanOrEqual(GRACE_PERIOD);
    await server.advance(60 * MINUTE);
    server.publishStatus("porch", { online: true });
    await server.advance(CHECK_INTERVAL);
    expect(server.openAlerts).toEqual([]);
    expect(server.alerts.list()).toMatchObject([{ id: alert.id, resolved: expect.any(String) as string }]);
    expect(server.published.map(({ resolved }) => resolved === null)).toEqual([true, false]);
  });

  test("a restart of 30 s raises none, whether the board, the server or both restart", async () => {
    const server = createBench();
    server.publishStatus("porch", { online: true });
    await server.advance(MINUTE);
    server.publishStatus("porch", { online: false });
    await server.advance(30 * SECOND);
    server.publishStatus("porch", { online: true });
    await server.advance(MINUTE);
    // the will of the board is published when the server stops or starts
    server.publishStatus("porch", { online: false });
    await server.restart(30 * SECOND);
    await server.advance(30 * SECOND);
    server.publishStatus("porch", { online: true });
    await server.advance(10 * MINUTE);
    expect(server.published).toEqual([]);
  });

  test("after a restart of the server, an open alert stays open, also while its board is not known yet", async () => {
    const server = createBench();
    for (const id of ["porch", "shed"]) server.publishStatus(id, { online: false });
    await server.advance(GRACE_PERIOD + CHECK_INTERVAL);
    await server.restart(MINUTE);
    server.devices.forget(server.devices.get("shed")!);
    await server.advance(GRACE_PERIOD - CHECK_INTERVAL);
    expect(server.openAlerts).toEqual(["board-offline porch", "board-offline shed"]);
    server.publishStatus("shed", { online: false });
    await server.advance(30 * MINUTE);
    expect(server.openAlerts).toEqual(["board-offline porch", "board-offline shed"]);
    expect(server.published).toHaveLength(2);
    server.publishStatus("porch", { online: true });
    await server.advance(CHECK_INTERVAL);
    expect(server.openAlerts).toEqual(["board-offline shed"]);
  });

  test("the alert of a board that is forgotten is resolved", async () => {
    const server = createBench();
    server.publishStatus("porch", { online: false });
    await server.advance(GRACE_PERIOD + CHECK_INTERVAL);
    server.forgetDevice("porch");
    await server.advance(CHECK_INTERVAL);
    expect(server.openAlerts).toEqual([]);
  });

  test("for any outages and restarts of the server, each board has exactly one alert for each long outage", async () => {
    /** Generates a time in ms that is clearly shorter or clearly longer than the grace period. */
    const span = fc.oneof(
      fc.integer({ min: 1, max: 22 }).map((steps) => steps * CHECK_INTERVAL),
      fc.integer({ min: 26, max: 60 }).map((steps) => steps * CHECK_INTERVAL),
    );
    const step = fc.record({ board: fc.constantFrom("a", "b", "c"), span, restart: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const server = createBench();
        const boards = new Map(
          ["a", "b", "c"].map((id) => [id, { online: true, noticed: 0, alerts: 0, isOpen: false }]),
        );
        for (const id of boards.keys()) server.publishStatus(id, { online: true });
        for (const { board: id, span: passing, restart } of steps) {
          const board = boards.get(id)!;
          board.online = !board.online;
          server.publishStatus(id, { online: board.online });
          board.noticed = 0;
          if (restart) {
            await server.restart(CHECK_INTERVAL);
            for (const one of boards.values()) one.noticed = 0;
          }
          await server.advance(passing);
          for (const one of boards.values()) {
            one.noticed += passing;
            if (one.online) one.isOpen = false;
            else if (!one.isOpen && one.noticed >= GRACE_PERIOD) {
              one.isOpen = true;
              one.alerts++;
            }
          }
          expect(server.openAlerts).toEqual(
            [...boards].filter(([, { isOpen }]) => isOpen).map(([one]) => `board-offline ${one}`),
          );
        }
        const ids = new Set(server.published.map(({ id }) => id));
        expect(ids.size).toBe([...boards.values()].reduce((sum, { alerts }) => sum + alerts, 0));
        await server.alerts.close();
      }),
      { numRuns: 60, seed: getTestSeed() },
    );
  });

  test("of very many boards that are offline, a limited number has an alert", async () => {
    const server = createBench();
    for (let n = 0; n < MAX_OPEN_ALERTS + 10; n++) server.publishStatus(`b${n}`, { online: false });
    await server.advance(GRACE_PERIOD + CHECK_INTERVAL);
    expect(server.alerts.counts()["board-offline"]).toBe(MAX_OPEN_ALERTS);
    for (let n = 0; n < 20; n++) server.publishStatus(`b${n}`, { online: true });
    await server.advance(2 * CHECK_INTERVAL);
    expect(server.alerts.counts()["board-offline"]).toBe(MAX_OPEN_ALERTS - 10);
  });
});

describe("a zone", () => {
  test("a zone without a fresh sensor raises one alert, which a reading resolves", async () => {
    const server = new AlertBench({ after: GRACE_PERIOD }, [ZONE]);
    for (const id of ["a", "b"]) {
      server.publishStatus(id, { online: true });
      server.processReading(id);
    }
    await server.advance(ZONE.stale_after - CHECK_INTERVAL);
    server.processReading("b");
    await server.advance(ZONE.stale_after + GRACE_PERIOD - CHECK_INTERVAL);
    expect(server.openAlerts).toEqual([]);
    await server.advance(3 * CHECK_INTERVAL);
    expect(server.openAlerts).toEqual(["zone-without-sensor hall"]);
    server.processReading("a");
    await server.advance(CHECK_INTERVAL);
    expect(server.openAlerts).toEqual([]);
  });

  test("after a start, sensors have the time in which they are fresh before an alert is raised", async () => {
    const slow = { ...ZONE, stale_after: 30 * MINUTE };
    const server = new AlertBench({ after: GRACE_PERIOD }, [slow]);
    for (const id of ["a", "b"]) server.publishStatus(id, { online: true });
    await server.advance(30 * MINUTE);
    expect(server.openAlerts).toEqual([]);
    await server.advance(GRACE_PERIOD + CHECK_INTERVAL);
    expect(server.openAlerts).toEqual(["zone-without-sensor hall"]);
    await server.restart(MINUTE);
    await server.advance(MINUTE);
    expect(server.openAlerts).toEqual(["zone-without-sensor hall"]);
    server.processReading("a");
    await server.advance(CHECK_INTERVAL);
    expect(server.openAlerts).toEqual([]);
    expect(server.published).toHaveLength(2);
  });
});

describe("lost readings", () => {
  test("a board that drops readings raises one alert, which ends when no more are lost for an hour", async () => {
    const server = createBench();
    server.publishStatus("porch", { online: true, boot: 1, dropped: 0 });
    await server.advance(MINUTE);
    server.publishStatus("porch", { online: true, dropped: 3 });
    await server.advance(GRACE_PERIOD + CHECK_INTERVAL);
    expect(server.alerts.list()).toMatchObject([{ kind: "readings-lost", device: "porch", count: 3 }]);
    server.publishStatus("porch", { online: true, dropped: 5 });
    await server.advance(CHECK_INTERVAL);
    expect(server.alerts.list()).toMatchObject([{ text: "Board porch has lost 5 readings.", count: 5 }]);
    await server.advance(LOSS_END_DELAY);
    expect(server.openAlerts).toEqual([]);
    await server.restart(MINUTE);
    await server.advance(10 * MINUTE);
    expect(new Set(server.published.map(({ id }) => id)).size).toBe(1);
  });

  test("a loss while the server is away raises an alert, and a restart repeats none", async () => {
    const server = createBench();
    server.publishStatus("porch", { online: true, boot: 1, dropped: 2 });
    await server.advance(GRACE_PERIOD + CHECK_INTERVAL);
    await server.restart(MINUTE);
    await server.advance(GRACE_PERIOD + CHECK_INTERVAL);
    expect(server.published).toHaveLength(1);
    await server.advance(LOSS_END_DELAY);
    expect(server.openAlerts).toEqual([]);
    server.publishStatus("porch", { online: true, boot: 2, dropped: 2 });
    await server.advance(GRACE_PERIOD + CHECK_INTERVAL);
    expect(server.openAlerts).toEqual(["readings-lost porch"]);
  });

  test("missing readings that arrive in time raise no alert", async () => {
    const server = createBench();
    server.publishStatus("porch", { online: true });
    const porch = server.devices.get("porch")!;
    porch.updateGaps(4, Date.now());
    await server.advance(MINUTE);
    porch.gaps!.countMissing(Date.now());
    expect(porch.gaps!.missing).toBe(4);
    await server.advance(MINUTE);
    porch.updateGaps(0, Date.now());
    await server.advance(10 * MINUTE);
    expect(server.published).toEqual([]);
  });

  test("rows that the history could not write raise an alert", async () => {
    const server = createBench();
    server.history.stats.lost = 7;
    await server.advance(GRACE_PERIOD + 2 * CHECK_INTERVAL);
    expect(server.alerts.list()).toMatchObject([{ kind: "readings-lost", device: null, label: null }]);
    await server.advance(LOSS_END_DELAY);
    expect(server.openAlerts).toEqual([]);
  });
});

test("a full disk, a lost broker and a stopped rollout raise an alert with the advice of the server, and end with their cause", async () => {
  const server = createBench();
  server.health.problem = "The disk of the data folder data is full. Free some space on it.";
  server.brokerProblem = "The server is not connected to the broker mqtt://b.";
  server.rolloutProblem = "The update failed on 1 of 3 boards.";
  await server.advance(GRACE_PERIOD + 2 * CHECK_INTERVAL);
  expect(server.openAlerts).toEqual(["broker-disconnected", "rollout-stopped", "storage-failing"]);
  expect(server.alerts.list().map(({ text }) => text)).toContain(server.health.problem);
  server.health.problem = server.brokerProblem = server.rolloutProblem = "";
  await server.advance(CHECK_INTERVAL);
  expect(server.openAlerts).toEqual([]);
});
