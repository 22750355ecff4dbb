import { ensureFirmware, ensureServer } from "../../scripts/build.js";

/** Tests run the image that a board gets, the page and the server that a user gets: they are built before. */
export default async function setup(): Promise<void> {
  await ensureFirmware();
  await ensureServer();
}
