/** Starts servers and boards for tests of updates over the air. */
import type { NightlightServer, ServerOptions } from "nightlight-server";
import type { UpdateTimeouts } from "../../../server/src/updates/timeouts.js";
import { eventually } from "../../support/eventually.js";
import { UpdatableBoard, writeTestImage, type UpdatableBoardOptions } from "../../support/updatable-board.js";
import { createTestLog } from "../support/http-app.js";
import { createTemporaryFolder, startTestServer } from "../support/server.js";

/** Starts a server that has had the versions 1 and 2, and now offers a version. */
export async function startUpdateServer(
  timeouts: Partial<UpdateTimeouts> = {},
  { offered = "2", ...options }: ServerOptions & { readonly offered?: string } = {},
) {
  const folder = await createTemporaryFolder();
  await writeTestImage(folder, "1");
  const log = createTestLog();
  const server = await startTestServer({ log, updates: { folder, timeouts }, ...options });
  await writeTestImage(folder, offered);
  return { server, folder, log };
}

export async function startBoard(server: NightlightServer, id: string, options: Partial<UpdatableBoardOptions> = {}) {
  const updateUrl = (await server.updateUrlOf(id))!;
  const board = new UpdatableBoard({ id, mqttUrl: server.brokerUrl, updateUrl, version: "1", ...options });
  await board.start();
  await eventually(() => server.devices.get(id)?.online, { what: id });
  return board;
}

/** Cuts the power of a board several times. Waits each time until the server has the status of the next start. */
export async function restartBoard(server: NightlightServer, board: UpdatableBoard, times: number): Promise<void> {
  const { id } = board;
  for (let i = 0; i < times; i++) {
    board.cutPower();
    await eventually(() => server.devices.get(id)?.online === false, { what: `${id} offline` });
    await board.start();
    await eventually(() => server.devices.get(id)?.online, { what: `${id} online` });
  }
}
