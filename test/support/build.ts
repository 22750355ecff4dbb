import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ensureFirmware } from "../../scripts/build/firmware.js";
import { ensureServer } from "../../scripts/build/server.js";

/**
 * Vitest's global setup: builds the firmware, the dashboard and the server, because tests run the built programs. Keeps
 * servers that tests start without `--data` out of the data folder of this user.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const dataHome = await mkdtemp(path.join(tmpdir(), "nightlight-test-data-"));
  process.env.XDG_DATA_HOME = dataHome;
  process.env.LOCALAPPDATA = dataHome;
  await ensureFirmware();
  await ensureServer();
  return () => rm(dataHome, { recursive: true, force: true });
}
