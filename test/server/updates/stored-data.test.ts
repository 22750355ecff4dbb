/** Tests that updates and rollouts in the data folder keep the programs they need, also those of earlier versions. */
import { createHash } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import { parseStoredRollout } from "../../../server/src/updates/stored-rollout.js";
import { parseStoredUpdate } from "../../../server/src/updates/stored-update.js";
import { eventually } from "../../support/eventually.js";
import { freePort } from "../../support/free-port.js";
import { createTestProgram, writeTestImage } from "../../support/updatable-board.js";
import { ask, sendJson } from "../support/api.js";
import { createTestLog } from "../support/http-app.js";
import { createTemporaryFolder, startTestServer } from "../support/server.js";
import { changeRollout, startRollout, waitForRollout, waitForState } from "./rollout-support.js";
import { startBoard, startUpdateServer } from "./support.js";

const A = "nightlight/a";
const B = "nightlight/b";

/** Offers further versions, one after the other. */
async function offerVersions(url: string, folder: string, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await writeTestImage(folder, `later-${i}`);
    await ask(url, "/api/updates");
  }
}

test("the program of an update that waits, and those of a rollback, outlive many newer versions and a restart", async () => {
  const data = await createTemporaryFolder();
  const ports = { mqttPort: await freePort(), httpPort: await freePort() };
  const { server, folder } = await startUpdateServer({}, { data, ...ports });
  const waiting = await startBoard(server, A);
  const board = await startBoard(server, B);
  waiting.close();
  await eventually(() => server.devices.get(A)?.online === false, { what: "offline" });
  await startRollout(server);
  await waitForRollout(server, { state: "finished", done: 1 });
  await sendJson("POST", server.httpUrl!, `/api/devices/${A}/update`, '{"version": "2"}');
  expect(server.devices.get(A)?.update).toMatchObject({ state: "waiting", version: "2" });
  await offerVersions(server.httpUrl!, folder, 12);
  await server.close();
  const next = await startTestServer({ data, ...ports, updates: { folder, timeouts: { reconnection: 0 } } });
  expect(next.devices.get(A)?.update).toMatchObject({ state: "waiting", version: "2" });
  await offerVersions(next.httpUrl!, folder, 13);
  const returned = await startBoard(next, A);
  await waitForState(next, A, "done");
  expect(returned.version).toBe("2");
  await eventually(() => next.devices.get(B)?.online, { what: B });
  expect((await changeRollout(next, "roll-back")).body).toMatchObject({ roll_back: true });
  await waitForRollout(next, { state: "finished", roll_back: true, done: 1 });
  expect(board.version).toBe("1");
});

/** What the first version with updates has stored. */
const OLD_UPDATE = {
  ...{ state: "failed", version: "2", sha256: createHash("sha256").update(createTestProgram("2")).digest("hex") },
  ...{ previous: "1", problem: "No reply.", isErased: false, isRefused: false },
};
const OLD_ROLLOUT = {
  ...{ state: "stopped", isRollback: false, problem: "Somebody stopped the rollout.", acceptedFailures: 0 },
  boards: [
    { id: A, version: "2", previous: "1", outcome: "done" },
    { id: B, version: "2", previous: "1", outcome: "failed" },
    { id: "nightlight/c", version: "2", outcome: "skipped" },
  ],
};

test("updates and rollouts of an earlier version are still there", async () => {
  const data = await createTemporaryFolder();
  const { server, folder } = await startUpdateServer({}, { data });
  await startBoard(server, B);
  await ask(server.httpUrl!, "/api/updates");
  await server.close();
  const opened = await openDataFolder(data);
  await opened.values.put(`update:${B}`, OLD_UPDATE);
  await opened.values.put("update:nightlight/future", { state: "dreaming", version: "9" });
  await opened.values.put("update:nightlight/null", null);
  await opened.values.put("rollout", OLD_ROLLOUT);
  await opened.close();
  const log = createTestLog();
  const next = await startTestServer({ data, log, updates: { folder } });
  expect(next.devices.get(B)?.update).toMatchObject({
    state: "failed",
    problem: "No reply.",
    since: null,
    crashed: null,
  });
  expect(await waitForRollout(next, { state: "stopped" })).toMatchObject({
    ...{ total: 3, done: 1, failed: 1, skipped: 1, ended_at: null, to_roll_back: 2, versions: ["2"] },
    failures: [{ id: B, reason: `The update of ${B} failed.` }],
  });
  const ignored = log.lines.map(({ text }) => text).filter((text) => text.includes("ignored"));
  expect(ignored).toEqual([
    expect.stringContaining("The last update of nightlight/future is ignored"),
    expect.stringContaining("The last update of nightlight/null is ignored"),
  ]);
  await next.close();
  const later = createTestLog();
  await startTestServer({ data, log: later, updates: { folder } });
  expect(later.lines.filter(({ text }) => text.includes("ignored"))).toEqual([]);
});

test("copies that cannot be read are reported, and their updates remain for the time when they can", async () => {
  const data = await createTemporaryFolder();
  const { server, folder } = await startUpdateServer({}, { data });
  (await startBoard(server, B)).close();
  await eventually(() => server.devices.get(B)?.online === false, { what: "offline" });
  await sendJson("POST", server.httpUrl!, `/api/devices/${B}/update`, "{}");
  await server.close();
  await writeTestImage(folder, "3");
  const copies = path.join(data, "firmware");
  await rename(copies, `${copies}.away`);
  await writeFile(copies, "a file in place of the folder");
  const log = createTestLog();
  const next = await startTestServer({ data, log, updates: { folder } });
  expect(log.lines.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^The copies of programs in .*firmware cannot be read \(.*ENOTDIR/),
  );
  await next.close();
  await rm(copies);
  await rename(`${copies}.away`, copies);
  const last = await startTestServer({ data, updates: { folder } });
  expect(last.devices.get(B)?.update).toMatchObject({ state: "waiting", version: "2" });
});

test.each([null, 1, "x", [], {}, { ...OLD_ROLLOUT, state: "dreaming" }, { ...OLD_ROLLOUT, boards: 7 }])("a rollout %j is ignored", (value) => {
  expect(parseStoredRollout(value)).toBeUndefined();
  expect(parseStoredUpdate(value)).toBeUndefined();
}); // prettier-ignore

test("boards that are not understood are missing from a rollout, and all others are there", () => {
  const boards = [...OLD_ROLLOUT.boards, { id: "x", outcome: "dreaming" }, null, "x"];
  const parsed = parseStoredRollout({ ...OLD_ROLLOUT, boards, endedAt: "yesterday", unknown: true });
  expect(parsed).toEqual({ ...OLD_ROLLOUT, boards: OLD_ROLLOUT.boards, changedBefore: [], endedAt: undefined });
});
