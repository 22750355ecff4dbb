/** Tests that old or contradictory messages do not decide about an update. */
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { Device } from "../../../server/src/devices/devices.js";
import { Devices } from "../../../server/src/devices/devices.js";
import { BoardUpdate, type BoardUpdateContext } from "../../../server/src/updates/board-update.js";
import { readImage } from "../../../server/src/updates/firmware-image.js";
import type { StoredUpdate } from "../../../server/src/updates/stored-update.js";
import { DEFAULT_UPDATE_TIMEOUTS } from "../../../server/src/updates/timeouts.js";
import { eventually } from "../../support/eventually.js";
import { writeTestImage } from "../../support/updatable-board.js";
import { ask, sendJson } from "../support/api.js";
import { createTestLog } from "../support/http-app.js";
import { createTemporaryFolder } from "../support/server.js";
import { startBoard, startUpdateServer } from "./support.js";

const ID = "nightlight/porch";

async function createUpdate(
  stored: Partial<StoredUpdate>,
  waiting = 60_000,
  request: BoardUpdateContext["actions"]["request"] = () => new Promise(() => {}),
) {
  const folder = await createTemporaryFolder();
  await writeTestImage(folder, "2");
  const device: Device = new Devices().obtain(ID)!;
  const update = new BoardUpdate(
    device,
    await readImage(path.join(folder, "test")),
    {
      actions: { isFull: () => false, request },
      timeouts: { ...DEFAULT_UPDATE_TIMEOUTS, waiting },
      log: createTestLog(),
      changed() {},
      ended() {},
    },
    stored,
  );
  return { device, update };
}

test("a status from before the request does not begin an update that waits", async () => {
  const { device, update } = await createUpdate({ state: "waiting" });
  const status = { online: false, board: "test_board", firmware: "1", updating: true };
  device.applyStatus(status, true);
  update.statusReceived(true);
  device.applyStatus(status, false);
  update.statusReceived(false);
  expect(update.state).toBe("waiting");
  update.close();
});

test("a board that returns with its old version has not erased it", async () => {
  const { device, update } = await createUpdate({ state: "writing", isErased: true });
  device.applyStatus({ online: true, board: "test_board", firmware: "1" }, false);
  update.statusReceived(false);
  // so the server asks it again
  expect([update.state, update.isErased]).toEqual(["waiting", false]);
  update.close();
});

test("a board that refused its update has still refused it after a restart of the server", async () => {
  const completion = Promise.resolve({ outcome: "refused" as const, seq: 1, ok: false, error: "no UPDATE_URL" });
  const { device, update } = await createUpdate({}, 60_000, async () => ({ seq: 1, completion }));
  device.applyStatus({ online: true, board: "test_board", firmware: "1" }, false);
  update.start();
  await eventually(() => update.state === "failed", { what: "the refusal" });
  const { update: restored } = await createUpdate(update.toStored());
  expect(restored).toMatchObject({ state: "failed", isRefused: true });
});

test("a board that stays offline does not keep a rollout waiting", async () => {
  const { update } = await createUpdate({ state: "waiting" }, 10);
  update.limitWaiting();
  await eventually(() => update.state === "failed", { what: "the end" });
  expect(update.problem).toContain("was offline for 0.01 s");
});

test.skipIf(process.platform === "win32")("an image whose files are pipes is refused", async () => {
  const folder = path.join(await createTemporaryFolder(), "x");
  await mkdir(folder);
  execFileSync("mkfifo", [path.join(folder, "firmware.json")]);
  await expect(readImage(folder)).rejects.toThrow("firmware.json is not a file");
});

test("a damaged file with the keys answers 503", async () => {
  const data = await createTemporaryFolder();
  const { server } = await startUpdateServer({}, { data });
  await startBoard(server, ID);
  await writeFile(path.join(data, "update-keys.json"), "{");
  const { status } = await sendJson("POST", server.httpUrl!, `/api/devices/${ID}/update`, "{}");
  expect(status).toBe(503);
  expect((await ask(server.httpUrl!, "/api/updates")).status).toBe(200);
});
