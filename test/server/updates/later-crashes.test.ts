/** Tests updates to programs that connect and crash afterwards, so that the board starts them again and again. */
import type { NightlightServer } from "nightlight-server";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { freePort } from "../../support/free-port.js";
import { writeTestImage, type UpdatableBoard } from "../../support/updatable-board.js";
import { ask, sendJson } from "../support/api.js";
import { createTemporaryFolder, startTestServer } from "../support/server.js";
import { waitForState } from "./rollout-support.js";
import { restartBoard, startBoard, startUpdateServer } from "./support.js";

const ID = "nightlight/porch";
const PATH = `/api/devices/${ID}/update`;
const CRASHED = { version: "2", at: expect.stringMatching(/^\d{4}-.*Z$/) as string };

/** Installs a version, the newest by default. */
async function update(server: NightlightServer, board: UpdatableBoard, version = "2"): Promise<void> {
  expect((await sendJson("POST", server.httpUrl!, PATH, JSON.stringify({ version }))).status).toBe(202);
  await eventually(() => board.version === version, { what: `version ${version} on the board` });
  await waitForState(server, ID, "done");
}

const viewOf = (server: NightlightServer) => server.devices.get(ID)!.update!;

test("an update has failed when its board starts a third time again, also after a restart of the server", async () => {
  const data = await createTemporaryFolder();
  const { server, folder, log } = await startUpdateServer({}, { data });
  const board = await startBoard(server, ID);
  await update(server, board);
  await restartBoard(server, board, 2);
  expect(viewOf(server)).toMatchObject({ state: "done", problem: null, crashed: null });
  await restartBoard(server, board, 1);
  expect(viewOf(server)).toMatchObject({ state: "failed", version: "2", previous: "1", crashed: CRASHED });
  const { problem } = viewOf(server);
  expect(problem).toBe(
    `${ID} has started 2 again and again, so the program probably crashes. Install the previous version 1, or flash the board by cable.`,
  );
  expect(log.lines).toContainEqual(expect.objectContaining({ level: "warn", text: problem }));
  // the board reports the new version at each start, which does not make it work
  await restartBoard(server, board, 1);
  expect(viewOf(server).state).toBe("failed");
  board.close();
  await server.close();

  const next = await startTestServer({ data, updates: { folder } });
  const returned = await startBoard(next, ID, { version: "2" });
  expect(viewOf(next)).toMatchObject({ state: "failed", crashed: CRASHED });
  await update(next, returned, "1");
  expect(viewOf(next)).toMatchObject({ problem: null, crashed: CRASHED, previous: null });
});

test("a server that has restarted counts the starts after its own", async () => {
  const ports = { mqttPort: await freePort(), httpPort: await freePort() };
  const data = await createTemporaryFolder();
  const { server, folder } = await startUpdateServer({}, { data, ...ports });
  const board = await startBoard(server, ID);
  await update(server, board);
  await server.close();
  const next = await startTestServer({ data, ...ports, updates: { folder } });
  await eventually(() => next.devices.get(ID)?.online, { what: "the board to return" });
  await restartBoard(next, board, 3);
  expect(viewOf(next).state).toBe("failed");
});

test("restarts long after the update say nothing about the program", async () => {
  const { server } = await startUpdateServer({ observation: -1 });
  const board = await startBoard(server, ID);
  await update(server, board);
  await restartBoard(server, board, 5);
  expect(viewOf(server).state).toBe("done");
});

test("the version before one that crashed stays the previous one", async () => {
  const { server, folder } = await startUpdateServer();
  const board = await startBoard(server, ID);
  await update(server, board);
  await restartBoard(server, board, 3);
  await writeTestImage(folder, "3");
  await update(server, board, "3");
  await restartBoard(server, board, 3);
  expect(viewOf(server)).toMatchObject({ state: "failed", version: "3", previous: "1" });
});

test("an update away from a crash loop that fails is shown, and the next one can go back to what worked", async () => {
  const { server, folder } = await startUpdateServer();
  const board = await startBoard(server, ID);
  await update(server, board);
  await restartBoard(server, board, 3);
  board.close();
  await eventually(() => server.devices.get(ID)?.online === false, { what: "the board to be offline" });
  await startBoard(server, ID, { version: "2", refusal: "too busy" });
  await writeTestImage(folder, "3");
  for (const version of ["1", "3"]) {
    await sendJson("POST", server.httpUrl!, PATH, JSON.stringify({ version }));
    await eventually(() => viewOf(server).version === version, { what: `an update to ${version}` });
    await waitForState(server, ID, "failed");
    expect(viewOf(server).problem).toContain("too busy");
  }
  expect(viewOf(server).previous).toBe("1");
});

test("when an update away from a crash loop is given up, the server watches the board again", async () => {
  const { server } = await startUpdateServer();
  const board = await startBoard(server, ID);
  await update(server, board);
  await restartBoard(server, board, 3);
  board.close();
  await eventually(() => server.devices.get(ID)?.online === false, { what: "the board to be offline" });
  await sendJson("POST", server.httpUrl!, PATH, '{"version":"1"}');
  expect(viewOf(server).state).toBe("waiting");
  expect((await ask(server.httpUrl!, PATH, { method: "DELETE" })).status).toBe(204);
  expect(viewOf(server)).toMatchObject({ state: "done", version: "2", previous: "1" });
  await restartBoard(server, await startBoard(server, ID, { version: "2" }), 3);
  expect(viewOf(server)).toMatchObject({ state: "failed", version: "2", previous: "1" });
});

test("the result disappears when another program is flashed by cable", async () => {
  const { server } = await startUpdateServer();
  const board = await startBoard(server, ID);
  await update(server, board);
  await restartBoard(server, board, 3);
  expect(viewOf(server).state).toBe("failed");
  board.close();
  await startBoard(server, ID, { version: "1" });
  await eventually(() => viewOf(server).state === null, { what: "no result" });
  expect(viewOf(server).crashed).toEqual(CRASHED);
});
