/** Tests updates of all boards in waves. */
import { describe, expect, test } from "vitest";
import type { RolloutView } from "../../../server/src/updates/rollout.js";
import { nextBoardsOf, stopReasonOf, waveOf } from "../../../server/src/updates/rollout-plan.js";
import type { RolloutBoard, StoredRollout } from "../../../server/src/updates/stored-rollout.js";
import { eventually } from "../../support/eventually.js";
import { ask, followEvents, sendJson } from "../support/api.js";
import { startBoard, startUpdateServer } from "./support.js";

const createBoards = (count: number): RolloutBoard[] =>
  Array.from({ length: count }, (_, i) => ({ id: `n/${i}`, version: "2", previous: "1", outcome: "pending" }));

describe("the plan", () => {
  test("updates one board, a tenth, and all others in steps of a tenth", () => {
    const boards = createBoards(50);
    const steps: [size: number, wave: number][] = [];
    for (;;) {
      const next = nextBoardsOf({ boards, isRollback: false });
      if (next.length === 0) break;
      for (const board of next) board.outcome = "done";
      steps.push([next.length, waveOf({ boards })]);
    }
    expect(steps).toEqual([[1, 1], [5, 2], ...Array.from({ length: 8 }, () => [5, 3]), [4, 3]]);
  });

  test.each([
    [0, 100, 0, false],
    [1, 1, 0, true],
    [1, 49, 0, true],
    [1, 50, 0, false],
    [2, 50, 0, true],
    [2, 50, 1, false],
  ])("with %i of %i boards failed, %i of them accepted, stops: %s", (failed, tried, acceptedFailures, stops) => {
    const boards = createBoards(100);
    boards.forEach((board, i) => i < tried && (board.outcome = i < failed ? "failed" : "done"));
    const rollout: StoredRollout = { state: "running", isRollback: false, acceptedFailures, boards, changedBefore: [] };
    expect(stopReasonOf(rollout) !== "").toBe(stops);
    expect(stopReasonOf({ ...rollout, isRollback: true })).toBe("");
  });
});

describe("a rollout", () => {
  test("of 50 boards, of which every twentieth crashes after the update, stops in time; then it resumes and goes back", async () => {
    const { server } = await startUpdateServer({ restart: 3000 });
    const url = server.httpUrl!;
    const ids = Array.from({ length: 50 }, (_, i) => `nightlight/b${String(i + 1).padStart(2, "0")}`);
    const boards = await Promise.all(
      ids.map((id, i) => startBoard(server, id, { crashes: (version) => version === "2" && (i + 1) % 20 === 0 })),
    );
    const { events } = await followEvents(url);
    const readRollout = async () => ((await ask(url, "/api/updates")).body as { rollout: RolloutView }).rollout;
    const change = (action: string) => sendJson("PUT", url, "/api/updates/rollout", JSON.stringify({ action }));
    const waitForEnd = () =>
      eventually(
        async () => {
          const rollout = await readRollout();
          return rollout.state !== "running" && rollout.updating === 0 && rollout;
        },
        { within: 30_000, what: "the end of the rollout" },
      );
    const countVersion = (version: string) => boards.filter((board) => board.version === version).length;

    expect((await sendJson("POST", url, "/api/updates/rollout", "{}")).status).toBe(202);
    expect((await sendJson("POST", url, "/api/updates/rollout", "{}")).status).toBe(409);
    const stopped = await waitForEnd();
    // the first board, two steps of five, and the two steps with number 20
    expect(stopped).toMatchObject({
      state: "stopped",
      wave: 3,
      total: 50,
      failed: 1,
      failed_boards: ["nightlight/b20"],
    });
    expect(stopped.problem).toBe(
      "The update failed on 1 of 21 boards, which is more than 2 %. Boards that were not updated yet keep their version. Resume the rollout if the reason is known, or roll it back.",
    );
    expect(countVersion("2")).toBe(21);
    expect(countVersion("1")).toBe(29);
    expect(events.some(({ event, data }) => event === "rollout" && (data as RolloutView).wave === 2)).toBe(true);

    expect((await change("resume")).status).toBe(200);
    expect(await waitForEnd()).toMatchObject({ state: "stopped", failed: 2, done: 39 });

    expect((await change("roll-back")).status).toBe(200);
    expect(await waitForEnd()).toMatchObject({ state: "finished", roll_back: true, total: 41, done: 41, failed: 0 });
    expect(countVersion("1")).toBe(50);
    await eventually(() => ids.every((id) => server.devices.get(id)?.online), { what: "all boards" });
  });

  test("leaves out boards that are offline, and a person can stop it", async () => {
    const { server } = await startUpdateServer();
    const url = server.httpUrl!;
    const change = (action: string) => sendJson("PUT", url, "/api/updates/rollout", JSON.stringify({ action }));
    expect((await change("stop")).status).toBe(404);
    expect((await sendJson("POST", url, "/api/updates/rollout", "{}")).status).toBe(409);
    const gone = await startBoard(server, "nightlight/gone");
    gone.close();
    await eventually(() => server.devices.get("nightlight/gone")?.online === false, { what: "offline" });
    const boards = [await startBoard(server, "nightlight/a"), await startBoard(server, "nightlight/b")];
    const started = await sendJson("POST", url, "/api/updates/rollout", "{}");
    expect(started.body).toMatchObject({ state: "running", total: 2 });
    expect((await change("stop")).body).toMatchObject({ state: "stopped" });
    await eventually(() => boards[0].version === "2", { what: "the first board" });
    await eventually(() => server.devices.get("nightlight/a")?.update?.state === "done", { what: "the update" });
    expect(boards[1].version).toBe("1");
    expect((await change("resume")).status).toBe(200);
    await eventually(() => boards[1].version === "2", { what: "the second board" });
  });
});
