/** Tests rollouts that people, restarts and lost boards interrupt. */
import { expect, test } from "vitest";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import type { StoredRollout } from "../../../server/src/updates/stored-rollout.js";
import { eventually } from "../../support/eventually.js";
import { freePort } from "../../support/free-port.js";
import { UpdatableBoard, writeTestImage } from "../../support/updatable-board.js";
import { sendJson } from "../support/api.js";
import { connectClient, createTemporaryFolder, startTestServer } from "../support/server.js";
import { changeRollout as change, startRollout as start, waitForRollout, waitForState } from "./rollout-support.js";
import { startBoard, startUpdateServer } from "./support.js";

const A = "nightlight/a";
const B = "nightlight/b";

test("a restart in the first wave leaves time for the other boards to return", async () => {
  const data = await createTemporaryFolder();
  const ports = { mqttPort: await freePort(), httpPort: await freePort() };
  const { server, folder } = await startUpdateServer({}, { data, ...ports });
  let isBroken = true;
  const first = await startBoard(server, A, { crashes: (version) => isBroken && version === "2" });
  const second = await startBoard(server, B);
  await start(server);
  await waitForState(server, A, "restarting");
  second.close();
  await server.close();
  isBroken = false;
  const next = await startTestServer({
    ...{ data, ...ports },
    updates: { folder, timeouts: { reconnection: 8000 } },
  });
  await first.start();
  await waitForRollout(next, { done: 1 });
  const returned = await startBoard(next, B);
  expect(await waitForRollout(next, { state: "finished" })).toMatchObject({ done: 2, skipped: 0 });
  expect(returned.version).toBe("2");
  first.close();
});

test.each([
  ["succeeded", "2", {}, { state: "finished", done: 1 }],
  ["was refused", "2", { refusal: "too busy" }, { state: "finished", done: 0, skipped: 1 }],
  ["failed", "2-broken", {}, { state: "stopped", done: 0, failed: 1 }],
] as const)("a rollout counts an update that %s before the server was killed", async (_, offered, options, outcome) => {
  const data = await createTemporaryFolder();
  const { server, folder } = await startUpdateServer({ restart: 2000 }, { data, offered });
  const board = await startBoard(server, A, options);
  await start(server);
  await waitForRollout(server, outcome);
  board.close();
  await server.close();
  // as if the server was killed before it stored the rollout
  const opened = await openDataFolder(data);
  const stored = opened.values.entriesWithPrefix<StoredRollout>("rollout").get("")!;
  await opened.values.put("rollout", {
    ...stored,
    state: "running",
    boards: [{ ...stored.boards[0], outcome: "updating" }],
  });
  await opened.close();
  const next = await startTestServer({ data, updates: { folder, timeouts: { reconnection: 0 } } });
  expect(await waitForRollout(next, outcome)).toMatchObject({ updating: 0 });
});

test("a forgotten board does not block a rollout", async () => {
  const { server } = await startUpdateServer();
  const lost = await startBoard(server, A, { crashes: (version) => version === "2" });
  const board = await startBoard(server, B);
  await start(server);
  await waitForState(server, A, "restarting");
  lost.close();
  await server.forget(A);
  expect(await waitForRollout(server, { state: "finished" })).toMatchObject({ skipped: 1, done: 1, failed: 0 });
  expect(board.version).toBe("2");
});

test("a rollout that replaces a stopped one at once continues", async () => {
  const { server } = await startUpdateServer();
  const boards = [await startBoard(server, A), await startBoard(server, B)];
  await start(server);
  const [stopped, started] = await Promise.all([change(server, "stop"), start(server)]);
  expect(stopped.status).toBe(200);
  expect(started.status).toBe(202);
  await waitForRollout(server, { state: "finished", failed: 0 });
  await eventually(() => boards.every(({ version }) => version === "2"), { what: "both boards" });
});

test("a rollout that was stopped goes back when its last boards are updated", async () => {
  const { server } = await startUpdateServer();
  const boards = [await startBoard(server, A), await startBoard(server, B)];
  await start(server);
  await change(server, "stop");
  const refused = await change(server, "roll-back");
  expect(refused).toMatchObject({ status: 409, body: { error: expect.stringContaining("still being updated: 1") } });
  await waitForRollout(server, { state: "stopped", updating: 0, done: 1 });
  expect((await change(server, "roll-back")).status).toBe(200);
  expect(await waitForRollout(server, { state: "finished" })).toMatchObject({ roll_back: true, total: 1, done: 1 });
  expect(boards.map(({ version }) => version)).toEqual(["1", "1"]);
});

test("a rollout that is resumed right after a restart waits for the boards", async () => {
  const data = await createTemporaryFolder();
  const { server, folder } = await startUpdateServer({}, { data });
  const boards = [await startBoard(server, A), await startBoard(server, B)];
  await start(server);
  await change(server, "stop");
  await waitForRollout(server, { state: "stopped", updating: 0 });
  for (const board of boards) board.close();
  await eventually(() => server.devices.get(B)?.online === false, { what: "offline" });
  await server.close();
  const next = await startTestServer({ data, updates: { folder, timeouts: { reconnection: 4000 } } });
  expect((await change(next, "resume")).status).toBe(200);
  const returned = await startBoard(next, B);
  expect(await waitForRollout(next, { state: "finished" })).toMatchObject({ done: 2, skipped: 0 });
  expect(returned.version).toBe("2");
});

test("two requests at once start one update", async () => {
  const { server } = await startUpdateServer();
  await startBoard(server, A);
  const { got } = await connectClient(server.brokerUrl, {}, `${A}/commands`);
  const request = () => sendJson("POST", server.httpUrl!, `/api/devices/${A}/update`, "{}");
  const answers = await Promise.all([request(), request()]);
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  await waitForState(server, A, "done");
  expect(got.filter(({ text }) => text.includes('"update"'))).toHaveLength(1);
});

test("a rollout leaves out boards that refuse updates or have no key", async () => {
  const { server } = await startUpdateServer();
  await startBoard(server, A, { refusal: "set UPDATE_URL first" });
  const updateUrl = (await server.updateUrlOf("nightlight/other"))!;
  const keyless = new UpdatableBoard({ id: B, mqttUrl: server.brokerUrl, updateUrl, version: "1" });
  await keyless.start();
  const board = await startBoard(server, "nightlight/c");
  await eventually(() => server.devices.get(B)?.online, { what: B });
  await start(server);
  const { skipped_boards } = await waitForRollout(server, { state: "finished", done: 1, failed: 0, skipped: 2 });
  expect(skipped_boards).toEqual([
    { id: A, reason: `${A} refuses the update: set UPDATE_URL first.` },
    { id: B, reason: expect.stringContaining("has no key") as string },
  ]);
  expect(board.version).toBe("2");
});

test("a rollback does not wait for ever for a lost board of an earlier rollout after a restart", async () => {
  const data = await createTemporaryFolder();
  const { server, folder } = await startUpdateServer({}, { data });
  const lost = await connectClient(server.brokerUrl);
  const report = (online: boolean) =>
    lost.publishAsync(`${A}/status`, JSON.stringify({ online, board: "test_board", firmware: "1" }), { qos: 1 });
  await server.updateUrlOf(A);
  await report(true);
  const board = await startBoard(server, B);
  await eventually(() => server.devices.get(A)?.online, { what: A });
  await start(server);
  await waitForState(server, A, "waiting");
  await change(server, "stop");
  await report(false);
  await eventually(() => server.devices.get(A)?.online === false, { what: "offline" });
  await writeTestImage(folder, "3");
  expect((await start(server)).status).toBe(202);
  await waitForRollout(server, { state: "finished", done: 1 });
  board.close();
  await server.close();
  const next = await startTestServer({ data, updates: { folder, timeouts: { reconnection: 0, waiting: 100 } } });
  await startBoard(next, B, { version: "3" });
  let answer: unknown;
  const rollBack = async () => {
    const { status, body } = await change(next, "roll-back");
    answer = body;
    return status === 200;
  };
  await eventually(rollBack, { within: 5000, what: () => `the rollback, not ${JSON.stringify(answer)}` });
});

test("a board whose new version crashes later goes back, although the restarted server has only its will", async () => {
  const data = await createTemporaryFolder();
  const ports = { mqttPort: await freePort(), httpPort: await freePort() };
  const { server, folder } = await startUpdateServer({}, { data, ...ports });
  let isBroken = false;
  const options = { crashes: (version: string) => isBroken && version === "2" };
  const board = await startBoard(server, A, options);
  await start(server);
  await waitForRollout(server, { state: "finished", done: 1 });
  isBroken = true;
  board.cutPower();
  await eventually(() => server.devices.get(A)?.online === false, { what: "offline" });
  await server.close();
  const next = await startTestServer({ data, ...ports, updates: { folder } });
  await board.start();
  expect(await change(next, "roll-back")).toMatchObject({ status: 200 });
  await waitForRollout(next, { state: "finished", roll_back: true, done: 1 });
  expect(board.version).toBe("1");
});
