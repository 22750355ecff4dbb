/** Tests the hint that a version has crashed on a board, and how long the result of an update is shown. */
import { expect, test } from "vitest";
import type { UpdateState } from "../../../contract/index.js";
import { describeProblems } from "../../../server/src/app/commands/update/list.js";
import { CrashedVersions } from "../../../server/src/updates/crashed-versions.js";
import { eventually } from "../../support/eventually.js";
import { writeTestImage } from "../../support/updatable-board.js";
import { ask, sendJson } from "../support/api.js";
import { connectClient, createTemporaryFolder, startTestServer } from "../support/server.js";
import { waitForState } from "./rollout-support.js";
import { startBoard, startUpdateServer } from "./support.js";

const ID = "nightlight/porch";
const PATH = `/api/devices/${ID}/update`;
const CRASH = { version: "2-broken", at: expect.stringMatching(/^\d{4}-.*Z$/) as string };

/** Lets a board crash with version 2-broken and return to version 1. */
async function crash(data?: string) {
  const { server, ...rest } = await startUpdateServer({ restart: 2000 }, { offered: "2-broken", data });
  const board = await startBoard(server, ID);
  const post = (body: object = {}) => sendJson("POST", server.httpUrl!, PATH, JSON.stringify(body));
  await post();
  await waitForState(server, ID, "failed");
  expect(server.devices.get(ID)?.update?.crashed).toEqual(CRASH);
  await post({ version: "1" });
  await waitForState(server, ID, "done");
  return { server, board, post, viewOf: () => server.devices.get(ID)!.update!, ...rest };
}

test("a version that has crashed on a board has a hint, also after a restart and a canceled update", async () => {
  const data = await createTemporaryFolder();
  const { server, board, folder, viewOf, post } = await crash(data);
  expect(viewOf()).toMatchObject({ latest: "2-broken", state: "done", version: "1", crashed: CRASH });
  expect(describeProblems(server.devices.get(ID)!)).toEqual([
    expect.stringMatching(
      /^\d{4}-\d\d-\d\dT\d\d:\d\dZ: Version 2-broken probably crashed on nightlight\/porch\. It may crash there again\.$/,
    ),
  ]);
  board.close();
  await eventually(() => server.devices.get(ID)?.online === false, { what: "offline" });
  await post();
  expect((await ask(server.httpUrl!, PATH, { method: "DELETE" })).status).toBe(204);
  expect(viewOf()).toMatchObject({ state: null, crashed: CRASH });
  await server.close();
  const next = await startTestServer({ data, updates: { folder } });
  await startBoard(next, ID);
  expect(next.devices.get(ID)?.update).toMatchObject({ latest: "2-broken", state: null, crashed: CRASH });
  await next.forget(ID);
  await startBoard(next, ID);
  expect(next.devices.get(ID)?.update?.crashed).toBeNull();
});

test("Home Assistant shows the hint next to the button that installs the version, until the version runs", async () => {
  const { server, board, post } = await crash();
  const home = await connectClient(server.brokerUrl, {}, `${ID}/update`);
  const summary = () => (JSON.parse(home.got.at(-1)?.text ?? "{}") as UpdateState).release_summary;
  await eventually(() => summary() !== undefined, { what: "the state of the update" });
  expect(summary()).toMatch(/^Version 2-broken probably crashed on this board \(\d{4}-\d\d-\d\dT\d\d:\d\dZ\)\. It may crash again\.$/); // prettier-ignore
  board.close();
  await eventually(() => server.devices.get(ID)?.online === false, { what: "offline" });
  await startBoard(server, ID, { crashes: () => false });
  await post();
  await eventually(() => summary() === "", { what: () => `no hint instead of ${summary()}` });
});

test("the hint disappears when the board runs the version after all", async () => {
  const { server, board, viewOf } = await crash();
  board.close();
  await eventually(() => server.devices.get(ID)?.online === false, { what: "offline" });
  expect(viewOf().crashed).toEqual(CRASH);
  // as if the crash had a reason outside of the program, which is gone now
  const repaired = await startBoard(server, ID, { crashes: () => false });
  await sendJson("POST", server.httpUrl!, PATH, "{}");
  await waitForState(server, ID, "done");
  await eventually(() => viewOf().version === "2-broken" && viewOf().state === "done", { what: "the update" });
  expect(repaired.version).toBe("2-broken");
  expect(viewOf().crashed).toBeNull();
});

test("the result of an update is no longer shown when the board has installed another version since", async () => {
  const { server, folder } = await startUpdateServer();
  const board = await startBoard(server, ID, { refusal: "set UPDATE_URL first" });
  await sendJson("POST", server.httpUrl!, PATH, "{}");
  await waitForState(server, ID, "failed");
  const { since } = server.devices.get(ID)!.update!;
  expect(Math.abs(Date.parse(since!) - Date.now())).toBeLessThan(60_000);
  board.close();
  await eventually(() => server.devices.get(ID)?.online === false, { what: "offline" });
  // the same version again says nothing new
  const same = await startBoard(server, ID);
  expect(server.devices.get(ID)?.update).toMatchObject({ state: "failed", since });
  same.close();
  await eventually(() => server.devices.get(ID)?.online === false, { what: "offline" });
  await writeTestImage(folder, "3");
  // as after a flash by cable
  await startBoard(server, ID, { version: "3" });
  await eventually(() => server.devices.get(ID)?.update?.state === null, { what: "no result" });
  expect(server.devices.get(ID)?.update).toMatchObject({ state: null, problem: null, since: null });
});

test("a board that crashed and was flashed by cable has the hint instead of the failed update", async () => {
  const { server } = await startUpdateServer({ restart: 300 }, { offered: "2-broken" });
  const board = await startBoard(server, ID);
  await sendJson("POST", server.httpUrl!, PATH, "{}");
  await waitForState(server, ID, "failed");
  board.close();
  await startBoard(server, ID);
  await eventually(() => server.devices.get(ID)?.update?.state === null, { what: "no result" });
  expect(server.devices.get(ID)?.update).toMatchObject({ problem: null, crashed: CRASH });
});

test("values that this version does not understand are ignored", () => {
  const stored = new Map<string, unknown>([
    ["n/1", { version: "2", at: 1e12 }],
    ["n/2", { version: 2 }],
    ["n/3", null],
  ]);
  const values = {
    entriesWithPrefix: <T>() => stored as Map<string, T>,
    put: async () => {},
    delete: async () => {},
  };
  const crashes = new CrashedVersions(values);
  crashes.restore();
  expect(crashes.viewOf("n/1")).toEqual({ version: "2", at: "2001-09-09T01:46:40.000Z" });
  expect([crashes.viewOf("n/2"), crashes.viewOf("n/3")]).toEqual([null, null]);
});
