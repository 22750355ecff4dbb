/** Tests rollouts that follow on an earlier one: a rollback covers all boards that they have changed. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { writeTestImage } from "../../support/updatable-board.js";
import { createTemporaryFolder } from "../support/server.js";
import { changeRollout, startRollout, waitForRollout, waitForState } from "./rollout-support.js";
import { startBoard, startUpdateServer } from "./support.js";

const A = "nightlight/a";
const B = "nightlight/b";

test("starting again after a stop continues the rollout, and a rollback covers all boards", async () => {
  const { server } = await startUpdateServer();
  const boards = [await startBoard(server, A), await startBoard(server, B)];
  await startRollout(server);
  await changeRollout(server, "stop");
  expect(await waitForRollout(server, { state: "stopped", updating: 0 })).toMatchObject({ done: 1, to_roll_back: 1 });
  expect(await startRollout(server)).toMatchObject({ status: 202, body: { state: "running", total: 2, done: 1 } });
  expect(await waitForRollout(server, { state: "finished" })).toMatchObject({ done: 2, to_roll_back: 2 });
  expect((await changeRollout(server, "roll-back")).body).toMatchObject({ roll_back: true, total: 2 });
  await waitForRollout(server, { state: "finished", done: 2 });
  expect(boards.map(({ version }) => version)).toEqual(["1", "1"]);
});

test("a board that returns after the rollout joins it, and a rollback covers both", async () => {
  const { server } = await startUpdateServer();
  const first = await startBoard(server, A);
  await startRollout(server);
  await waitForRollout(server, { state: "finished", done: 1 });
  const late = await startBoard(server, B);
  expect((await startRollout(server)).body).toMatchObject({ total: 2, done: 1 });
  await waitForRollout(server, { state: "finished", done: 2 });
  await changeRollout(server, "roll-back");
  await waitForRollout(server, { state: "finished", roll_back: true, done: 2 });
  expect([first.version, late.version]).toEqual(["1", "1"]);
});

test("a newer version after a stop is a new rollout, and a rollback covers the boards of both", async () => {
  const { server, folder } = await startUpdateServer();
  const first = await startBoard(server, A);
  const second = await startBoard(server, B);
  await startRollout(server);
  await changeRollout(server, "stop");
  await waitForRollout(server, { state: "stopped", updating: 0, done: 1 });
  first.close();
  await eventually(() => server.devices.get(A)?.online === false, { what: "offline" });
  await writeTestImage(folder, "3");
  expect((await startRollout(server)).body).toMatchObject({ total: 1, versions: ["3"], to_roll_back: 1 });
  expect(await waitForRollout(server, { state: "finished" })).toMatchObject({ done: 1, to_roll_back: 2 });
  const returned = await startBoard(server, A, { version: "2" });
  expect((await changeRollout(server, "roll-back")).body).toMatchObject({ total: 2 });
  await waitForRollout(server, { state: "finished", done: 2 });
  expect([returned.version, second.version]).toEqual(["1", "1"]);
  // the boards have returned, so a rollback of the next rollout covers only that one
  await startRollout(server);
  expect(await waitForRollout(server, { state: "finished", roll_back: false })).toMatchObject({ to_roll_back: 2 });
});

test("a rollout that has stopped because of a crash does not start again with the same version", async () => {
  const { server, folder } = await startUpdateServer({ restart: 3000 });
  const crashing = await startBoard(server, A, { crashes: (version) => version === "2" });
  const board = await startBoard(server, B);
  await startRollout(server);
  await waitForRollout(server, { state: "stopped", failed: 1 });
  const { status, body } = await startRollout(server);
  expect({ status, body }).toEqual({
    status: 409,
    body: {
      error: expect.stringMatching(
        /^The rollout of this version has stopped\. The update failed on 1 of 1 boards.* Resume the rollout if .*, or roll it back\. The commands are ".* update resume" and ".* update roll-back"\.$/,
      ) as string,
    },
  });
  expect(board.version).toBe("1");
  await writeTestImage(folder, "3");
  expect((await startRollout(server)).body).toMatchObject({ state: "running", versions: ["3"] });
  await waitForRollout(server, { state: "finished", done: 1 });
  await changeRollout(server, "roll-back");
  await waitForRollout(server, { state: "finished", roll_back: true, done: 2 });
  expect([crashing.version, board.version]).toEqual(["1", "1"]);
});

test("a rollback leaves out boards whose previous version the server never had, and says so", async () => {
  const { server } = await startUpdateServer();
  const unknown = await startBoard(server, A, { version: "0.9" });
  const board = await startBoard(server, B);
  await startRollout(server);
  await waitForRollout(server, { state: "finished", done: 2 });
  await changeRollout(server, "roll-back");
  const reason = `This server has no copy of 0.9 for the board type test_board, so it cannot install it on ${A} again; put that program into the folder of updates.folder, or flash the board by cable.`;
  expect(await waitForRollout(server, { state: "finished", roll_back: true })).toMatchObject({
    ...{ done: 1, failed: 0, skipped: 1, skipped_boards: [{ id: A, reason }], to_roll_back: 1 },
  });
  expect([unknown.version, board.version]).toEqual(["2", "1"]);
  const again = await changeRollout(server, "roll-back");
  expect(again).toEqual(
    expect.objectContaining({ status: 409, body: { error: `No board was rolled back. ${reason}` } }),
  );
});

test("a rollback tries the boards again that do not have their previous version", async () => {
  const { server } = await startUpdateServer({ restart: 3000 });
  let isBroken = false;
  const board = await startBoard(server, A, { crashes: (version) => isBroken && version === "1" });
  await startBoard(server, B);
  await startRollout(server);
  await waitForRollout(server, { state: "finished", done: 2 });
  isBroken = true;
  await changeRollout(server, "roll-back");
  await waitForRollout(server, { state: "finished", roll_back: true, done: 1, failed: 1, to_roll_back: 1 });
  isBroken = false;
  expect((await changeRollout(server, "roll-back")).body).toMatchObject({ total: 1 });
  board.close();
  await startBoard(server, A);
  await waitForRollout(server, { state: "finished", done: 1 });
  expect((await changeRollout(server, "roll-back")).status).toBe(409);
});

test("a rollout says why a board has failed", async () => {
  const { server } = await startUpdateServer({ restart: 300 });
  await startBoard(server, A, { crashes: (version) => version === "2" });
  await startRollout(server);
  const { failures } = await waitForRollout(server, { state: "stopped" });
  await waitForState(server, A, "failed");
  expect(failures).toEqual([{ id: A, reason: server.devices.get(A)!.update!.problem }]);
});

test("a rollout stops, and says why, when the server cannot read the keys of the boards", async () => {
  const data = await createTemporaryFolder();
  const { server } = await startUpdateServer({}, { data });
  await startBoard(server, A);
  await startBoard(server, B);
  await writeFile(path.join(data, "update-keys.json"), "{");
  await startRollout(server);
  const { failures } = await waitForRollout(server, { state: "stopped", failed: 1, skipped: 0 });
  expect(failures).toEqual([{ id: A, reason: expect.stringContaining("are damaged") as string }]);
});
