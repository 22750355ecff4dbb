/** Tests when problems become alerts, with simulated time: one alert for each long outage, and none for a short one. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LESSON_RULE } from "../../../contract/index.js";
import { LOSS_END_DELAY } from "../../../server/src/alerts/losses.js";
import { MAX_OPEN_ALERTS } from "../../../server/src/alerts/tracker.js";
import { AlertBench } from "../support/alert-bench.js";
import { seed } from "../../support/seed.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const GRACE = 2 * MINUTE;
/** The longest time between two checks. */
const CHECK = 5 * SECOND;

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

const bench = (): AlertBench => new AlertBench({ after: GRACE });

describe("a board", () => {
  test("a board that is offline for two minutes raises one alert, which its return resolves", async () => {
    const server = bench();
    server.status("porch", { online: true });
    await server.passes(10 * MINUTE);
    server.status("porch", { online: false });
    await server.passes(GRACE - CHECK);
    expect(server.open).toEqual([]);
    await server.passes(2 * CHECK);
    expect(server.open).toEqual(["board-offline porch"]);
    expect(server.alerts.counts()["board-offline"]).toBe(1);
    const [alert] = server.alerts.list();
    expect(alert).toMatchObject({ device: "porch", label: "porch", text: "Board porch is offline.", resolved: null });
    expect(Date.parse(alert.raised) - Date.parse(alert.since)).toBeGreaterThanOrEqual(GRACE);
    await server.passes(60 * MINUTE);
    server.status("porch", { online: true });
    await server.passes(CHECK);
    expect(server.open).toEqual([]);
    expect(server.alerts.list()).toMatchObject([{ id: alert.id, resolved: expect.any(String) as string }]);
    expect(server.published.map(({ resolved }) => resolved === null)).toEqual([true, false]);
  });

  test("a restart of 30 s raises none, whether the board, the server or both restart", async () => {
    const server = bench();
    server.status("porch", { online: true });
    await server.passes(MINUTE);
    server.status("porch", { online: false });
    await server.passes(30 * SECOND);
    server.status("porch", { online: true });
    await server.passes(MINUTE);
    // the will of the board is published when the server stops or starts
    server.status("porch", { online: false });
    await server.restart(30 * SECOND);
    await server.passes(30 * SECOND);
    server.status("porch", { online: true });
    await server.passes(10 * MINUTE);
    expect(server.published).toEqual([]);
  });

  test("after a restart of the server, an open alert stays open, also while its board is not known yet", async () => {
    const server = bench();
    for (const id of ["porch", "shed"]) server.status(id, { online: false });
    await server.passes(GRACE + CHECK);
    await server.restart(MINUTE);
    server.devices.forget(server.devices.get("shed")!);
    await server.passes(GRACE - CHECK);
    expect(server.open).toEqual(["board-offline porch", "board-offline shed"]);
    server.status("shed", { online: false });
    await server.passes(30 * MINUTE);
    expect(server.open).toEqual(["board-offline porch", "board-offline shed"]);
    expect(server.published).toHaveLength(2);
    server.status("porch", { online: true });
    await server.passes(CHECK);
    expect(server.open).toEqual(["board-offline shed"]);
  });

  test("the alert of a board that is forgotten is resolved", async () => {
    const server = bench();
    server.status("porch", { online: false });
    await server.passes(GRACE + CHECK);
    server.forget("porch");
    await server.passes(CHECK);
    expect(server.open).toEqual([]);
  });

  test("for any outages and restarts of the server, each board has exactly one alert for each long outage", async () => {
    /** A time in ms that is clearly shorter or clearly longer than the grace period. */
    const span = fc.oneof(
      fc.integer({ min: 1, max: 22 }).map((steps) => steps * CHECK),
      fc.integer({ min: 26, max: 60 }).map((steps) => steps * CHECK),
    );
    const step = fc.record({ board: fc.constantFrom("a", "b", "c"), span, restart: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const server = bench();
        const boards = new Map(
          ["a", "b", "c"].map((id) => [id, { online: true, noticed: 0, alerts: 0, isOpen: false }]),
        );
        for (const id of boards.keys()) server.status(id, { online: true });
        for (const { board: id, span: passing, restart } of steps) {
          const board = boards.get(id)!;
          board.online = !board.online;
          server.status(id, { online: board.online });
          board.noticed = 0;
          if (restart) {
            await server.restart(CHECK);
            for (const one of boards.values()) one.noticed = 0;
          }
          await server.passes(passing);
          for (const one of boards.values()) {
            one.noticed += passing;
            if (one.online) one.isOpen = false;
            else if (!one.isOpen && one.noticed >= GRACE) {
              one.isOpen = true;
              one.alerts++;
            }
          }
          expect(server.open).toEqual(
            [...boards].filter(([, { isOpen }]) => isOpen).map(([one]) => `board-offline ${one}`),
          );
        }
        const ids = new Set(server.published.map(({ id }) => id));
        expect(ids.size).toBe([...boards.values()].reduce((sum, { alerts }) => sum + alerts, 0));
        await server.alerts.close();
      }),
      { numRuns: 60, seed: seed() },
    );
  });

  test("of very many boards that are offline, a limited number has an alert", async () => {
    const server = bench();
    for (let n = 0; n < MAX_OPEN_ALERTS + 10; n++) server.status(`b${n}`, { online: false });
    await server.passes(GRACE + CHECK);
    expect(server.alerts.counts()["board-offline"]).toBe(MAX_OPEN_ALERTS);
    for (let n = 0; n < 20; n++) server.status(`b${n}`, { online: true });
    await server.passes(2 * CHECK);
    expect(server.alerts.counts()["board-offline"]).toBe(MAX_OPEN_ALERTS - 10);
  });
});

describe("a zone", () => {
  test("a zone without a fresh sensor raises one alert, which a reading resolves", async () => {
    const server = new AlertBench({ after: GRACE }, [ZONE]);
    for (const id of ["a", "b"]) {
      server.status(id, { online: true });
      server.reads(id);
    }
    await server.passes(ZONE.stale_after - CHECK);
    server.reads("b");
    await server.passes(ZONE.stale_after + GRACE - CHECK);
    expect(server.open).toEqual([]);
    await server.passes(3 * CHECK);
    expect(server.open).toEqual(["zone-without-sensor hall"]);
    server.reads("a");
    await server.passes(CHECK);
    expect(server.open).toEqual([]);
  });

  test("after a start, sensors have the time in which they are fresh before an alert is raised", async () => {
    const slow = { ...ZONE, stale_after: 30 * MINUTE };
    const server = new AlertBench({ after: GRACE }, [slow]);
    for (const id of ["a", "b"]) server.status(id, { online: true });
    await server.passes(30 * MINUTE);
    expect(server.open).toEqual([]);
    await server.passes(GRACE + CHECK);
    expect(server.open).toEqual(["zone-without-sensor hall"]);
    await server.restart(MINUTE);
    await server.passes(MINUTE);
    expect(server.open).toEqual(["zone-without-sensor hall"]);
    server.reads("a");
    await server.passes(CHECK);
    expect(server.open).toEqual([]);
    expect(server.published).toHaveLength(2);
  });
});

describe("lost readings", () => {
  test("a board that drops readings raises one alert, which ends when no more are lost for an hour", async () => {
    const server = bench();
    server.status("porch", { online: true, boot: 1, dropped: 0 });
    await server.passes(MINUTE);
    server.status("porch", { online: true, dropped: 3 });
    await server.passes(GRACE + CHECK);
    expect(server.alerts.list()).toMatchObject([{ kind: "readings-lost", device: "porch", count: 3 }]);
    server.status("porch", { online: true, dropped: 5 });
    await server.passes(CHECK);
    expect(server.alerts.list()).toMatchObject([{ text: "Board porch has lost 5 readings.", count: 5 }]);
    await server.passes(LOSS_END_DELAY);
    expect(server.open).toEqual([]);
    await server.restart(MINUTE);
    await server.passes(10 * MINUTE);
    expect(new Set(server.published.map(({ id }) => id)).size).toBe(1);
  });

  test("a loss while the server is away raises an alert, and a restart repeats none", async () => {
    const server = bench();
    server.status("porch", { online: true, boot: 1, dropped: 2 });
    await server.passes(GRACE + CHECK);
    await server.restart(MINUTE);
    await server.passes(GRACE + CHECK);
    expect(server.published).toHaveLength(1);
    await server.passes(LOSS_END_DELAY);
    expect(server.open).toEqual([]);
    server.status("porch", { online: true, boot: 2, dropped: 2 });
    await server.passes(GRACE + CHECK);
    expect(server.open).toEqual(["readings-lost porch"]);
  });

  test("missing readings that arrive in time raise no alert", async () => {
    const server = bench();
    server.status("porch", { online: true });
    const porch = server.devices.get("porch")!;
    porch.updateGaps(4, Date.now());
    await server.passes(MINUTE);
    porch.gaps!.countMissing(Date.now());
    expect(porch.gaps!.missing).toBe(4);
    await server.passes(MINUTE);
    porch.updateGaps(0, Date.now());
    await server.passes(10 * MINUTE);
    expect(server.published).toEqual([]);
  });

  test("rows that the history could not write raise an alert", async () => {
    const server = bench();
    server.history.stats.lost = 7;
    await server.passes(GRACE + 2 * CHECK);
    expect(server.alerts.list()).toMatchObject([{ kind: "readings-lost", device: null, label: null }]);
    await server.passes(LOSS_END_DELAY);
    expect(server.open).toEqual([]);
  });
});

test("a full disk and a lost broker raise an alert with the advice of the server, and end with their cause", async () => {
  const server = bench();
  server.health.problem = "The disk of the data folder data is full. Free some space on it.";
  server.brokerProblem = "The server is not connected to the broker mqtt://b.";
  await server.passes(GRACE + 2 * CHECK);
  expect(server.open).toEqual(["broker-disconnected", "storage-failing"]);
  expect(server.alerts.list().map(({ text }) => text)).toContain(server.health.problem);
  server.health.problem = server.brokerProblem = "";
  await server.passes(CHECK);
  expect(server.open).toEqual([]);
});
