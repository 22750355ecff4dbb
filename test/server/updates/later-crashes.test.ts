/** Tests updates to programs that connect and crash afterwards, so that the board starts them again and again. */
import type { NightlightServer } from "nightlight-server";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import type { UpdatableBoard } from "../../support/updatable-board.js";
import { sendJson } from "../support/api.js";
import { createTemporaryFolder, startTestServer } from "../support/server.js";
import { changeRollout, startRollout, waitForRollout, waitForState } from "./rollout-support.js";
import { startBoard, startUpdateServer } from "./support.js";

const ID = "nightlight/porch";
const PATH = `/api/devices/${ID}/update`;

/** Restarts the program of a board, and waits until the server has its new status. */
async function restart(server: NightlightServer, board: UpdatableBoard, id: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    board.cutPower();
    await eventually(() => server.devices.get(id)?.online === false, { what: `${id} offline` });
    await board.start();
    await eventually(() => server.devices.get(id)?.online, { what: `${id} online` });
  }
}

test("an update has failed when its board starts again and again, also after a restart of the server", async () => {
  const data = await createTemporaryFolder();
  const { server, folder, log } = await startUpdateServer({}, { data });
  const board = await startBoard(server, ID);
  const update = () => server.devices.get(ID)!.update!;
  await sendJson("POST", server.httpUrl!, PATH, "{}");
  await waitForState(server, ID, "done");

  await restart(server, board, ID, 2);
  expect(update()).toMatchObject({ state: "done", problem: null, crashed: null });
  await restart(server, board, ID, 1);
  const crashed = { version: "2", at: expect.stringMatching(/^\d{4}-.*Z$/) as string };
  expect(update()).toMatchObject({ state: "failed", version: "2", previous: "1", crashed });
  expect(update().problem).toBe(
    `${ID} has started 2 again and again, so the program probably crashes. Install the previous version 1, or flash the board by cable.`,
  );
  expect(log.lines).toContainEqual(expect.objectContaining({ level: "warn", text: update().problem }));
  // the board reports the new version at each start, which does not make it work
  await restart(server, board, ID, 1);
  expect(update().state).toBe("failed");
  board.close();
  await server.close();

  const next = await startTestServer({ data, updates: { folder } });
  const returned = await startBoard(next, ID, { version: "2" });
  expect(next.devices.get(ID)?.update).toMatchObject({ state: "failed", crashed });
  expect((await sendJson("POST", next.httpUrl!, PATH, '{"version":"1"}')).status).toBe(202);
  await eventually(() => next.devices.get(ID)?.update?.version === "1", { what: "the way back" });
  await waitForState(next, ID, "done");
  expect(returned.version).toBe("1");
  expect(next.devices.get(ID)?.update).toMatchObject({ problem: null, crashed });
});

test("restarts long after the update say nothing about the program", async () => {
  const { server } = await startUpdateServer({ observation: -1 });
  const board = await startBoard(server, ID);
  await sendJson("POST", server.httpUrl!, PATH, "{}");
  await waitForState(server, ID, "done");
  await restart(server, board, ID, 5);
  expect(server.devices.get(ID)?.update?.state).toBe("done");
});

test("the result disappears when another program is flashed by cable", async () => {
  const { server } = await startUpdateServer();
  const board = await startBoard(server, ID);
  await sendJson("POST", server.httpUrl!, PATH, "{}");
  await waitForState(server, ID, "done");
  await restart(server, board, ID, 3);
  await waitForState(server, ID, "failed");
  board.close();
  await startBoard(server, ID, { version: "1" });
  await eventually(() => server.devices.get(ID)?.update?.state === null, { what: "no result" });
  expect(server.devices.get(ID)?.update?.crashed?.version).toBe("2");
});

test("a finished rollout stops when programs crash later, and goes back", async () => {
  const { server } = await startUpdateServer();
  const ids = ["nightlight/a", "nightlight/b"];
  const boards = [await startBoard(server, ids[0]), await startBoard(server, ids[1])];
  await startRollout(server);
  await waitForRollout(server, { state: "finished", done: 2 });
  await restart(server, boards[1], ids[1], 3);
  const rollout = await waitForRollout(server, { state: "stopped", done: 1, failed: 1 });
  expect(rollout.problem).toContain("1 of 2 boards do not run the new version");
  expect(rollout.failures).toEqual([{ id: ids[1], reason: expect.stringContaining("started 2 again") as string }]);
  expect((await changeRollout(server, "roll-back")).status).toBe(200);
  await waitForRollout(server, { state: "finished", roll_back: true, done: 2 });
  expect(boards.map(({ version }) => version)).toEqual(["1", "1"]);
});
