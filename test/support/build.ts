import { ensureDashboard, ensureFirmware } from "../../scripts/build.js";

/** Tests run the image that a board gets and the page that a user gets: both are built before. */
export default async function setup(): Promise<void> {
  await ensureFirmware();
  await ensureDashboard();
}
