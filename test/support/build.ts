import { ensureFirmware } from "../../scripts/build/firmware.js";
import { ensureServer } from "../../scripts/build/server.js";

/** Tests run the image that a board gets, the page and the server that a user gets: they are built before. */
export default async function setup(): Promise<void> {
  await ensureFirmware();
  await ensureServer();
}
