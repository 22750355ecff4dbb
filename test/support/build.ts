import { ensureFirmware } from "../../scripts/build/firmware.js";
import { ensureServer } from "../../scripts/build/server.js";

/** Vitest's global setup: builds the firmware, the dashboard and the server, because tests run the built programs. */
export default async function setup(): Promise<void> {
  await ensureFirmware();
  await ensureServer();
}
