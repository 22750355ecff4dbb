/** Tests rollouts of programs that connect and crash afterwards. */
import type { NightlightServer } from "nightlight-server";
import { expect, test } from "vitest";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import type { StoredRollout } from "../../../server/src/updates/stored-rollout.js";
import { freePort } from "../../support/free-port.js";
import { writeTestImage } from "../../support/updatable-board.js";
import { sendJson } from "../support/api.js";
import { createTemporaryFolder, startTestServer } from "../support/server.js";
import { changeRollout, startRollout, waitForRollout, waitForState } from "./rollout-support.js";
import { restartBoard, startBoard, startUpdateServer } from "./support.js";

const [A, B, C] = ["nightlight/a", "nightlight/b", "nightlight/c"];

/** Updates a board by hand. */
async function update(server: NightlightServer, id: string): Promise<void> {
  expect((await sendJson("POST", server.httpUrl!, `/api/devices/${id}/update`, "{}")).status).toBe(202);
  await waitForState(server, id, "done");
}

test("a finished rollout stops when programs crash later, and goes back", async () => {
  const { server } = await startUpdateServer();
  const boards = [await startBoard(server, A), await startBoard(server, B)];
  await startRollout(server);
  await waitForRollout(server, { state: "finished", done: 2 });
  await restartBoard(server, boards[1], 3);
  const rollout = await waitForRollout(server, { state: "stopped", done: 1, failed: 1 });
  expect(rollout.problem).toContain("The update failed on 1 of 2 boards, which is more than 2 %. Resume");
  expect(rollout.failures).toEqual([{ id: B, reason: expect.stringContaining("started 2 again") as string }]);
  await changeRollout(server, "roll-back");
  await waitForRollout(server, { state: "finished", roll_back: true, done: 2 });
  expect(boards.map(({ version }) => version)).toEqual(["1", "1"]);
});

test("a finished rollout that has stopped is finished again when its boards run without another start", async () => {
  const { server } = await startUpdateServer({ observation: 6000 });
  const board = await startBoard(server, A);
  await startRollout(server);
  await waitForRollout(server, { state: "finished", done: 1 });
  await restartBoard(server, board, 3);
  await waitForRollout(server, { state: "stopped", failed: 1 });
  await waitForRollout(server, { state: "finished", done: 1, failed: 0, problem: null });
});

test("a rollback does not install a version that has crashed", async () => {
  const { server, folder } = await startUpdateServer();
  const board = await startBoard(server, A);
  await update(server, A);
  await restartBoard(server, board, 3);
  await writeTestImage(folder, "3");
  await startRollout(server);
  await waitForRollout(server, { state: "finished", done: 1 });
  await changeRollout(server, "roll-back");
  await waitForRollout(server, { state: "finished", roll_back: true, done: 1 });
  expect(board.version).toBe("1");
});

test("a repeated rollback does not count a board as done that starts its previous version again and again", async () => {
  const { server } = await startUpdateServer();
  const board = await startBoard(server, A);
  await startRollout(server);
  await waitForRollout(server, { state: "finished", done: 1 });
  await changeRollout(server, "roll-back");
  await waitForRollout(server, { state: "finished", roll_back: true, done: 1 });
  await restartBoard(server, board, 3);
  await waitForRollout(server, { failed: 1, to_roll_back: 1 });
  expect((await changeRollout(server, "roll-back")).status).toBe(200);
  await waitForRollout(server, { state: "finished", roll_back: true, done: 0, failed: 1, to_roll_back: 1 });
});

test("a rollout counts a board as failed whose update by hand has crashed", async () => {
  const { server } = await startUpdateServer();
  await startBoard(server, A);
  const board = await startBoard(server, B);
  await startRollout(server);
  await changeRollout(server, "stop");
  await waitForRollout(server, { done: 1, updating: 0 });
  await update(server, B);
  await restartBoard(server, board, 3);
  await changeRollout(server, "resume");
  await waitForRollout(server, { state: "stopped", done: 1, failed: 1 });
});

test("after a kill, a rollout knows all crashes before it continues", async () => {
  const data = await createTemporaryFolder();
  const ports = { mqttPort: await freePort(), httpPort: await freePort() };
  const { server, folder } = await startUpdateServer({}, { data, ...ports });
  await startBoard(server, A);
  const crashing = await startBoard(server, B);
  await update(server, A);
  await update(server, B);
  await restartBoard(server, crashing, 3);
  const waiting = await startBoard(server, C);
  await server.close();
  // as a server leaves it that is killed before it stores the last outcomes
  const boards = (["updating", "done", "pending"] as const).map((outcome, i) => {
    return { id: [A, B, C][i], version: "2", previous: "1", outcome };
  });
  const rollout: StoredRollout = {
    state: "running",
    isRollback: false,
    acceptedFailures: 0,
    changedBefore: [],
    boards,
  };
  const opened = await openDataFolder(data);
  await opened.values.put("rollout", rollout);
  await opened.close();

  const next = await startTestServer({ data, ...ports, updates: { folder, timeouts: { reconnection: 500 } } });
  await waitForRollout(next, { state: "stopped", done: 1, failed: 1, updating: 0 });
  expect(waiting.version).toBe("1");
});
