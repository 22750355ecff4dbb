/** Shifts the wall clock of a server process. */
import path from "node:path";
import { pathToFileURL, fileURLToPath } from "node:url";
import { replaceFile } from "../../support/certificates.js";
import { createTemporaryFolder } from "./server.js";

const PRELOAD_MODULE = fileURLToPath(new URL("./wall-clock.mjs", import.meta.url));

export interface WallClock {
  /** Environment variables that make a program use this clock. */
  readonly env: Record<string, string>;
  /** Sets the offset from the real time, in ms; negative for the past. */
  set(ahead: number): Promise<void>;
}

export async function wallClock(ahead = 0): Promise<WallClock> {
  const file = path.join(await createTemporaryFolder(), "clock");
  // the program may read the file at any time, and an empty file would mean an offset of 0
  const set = (to: number): Promise<void> => replaceFile(file, String(to));
  await set(ahead);
  return { env: { NODE_OPTIONS: `--import ${pathToFileURL(PRELOAD_MODULE).href}`, NIGHTLIGHT_TEST_CLOCK: file }, set };
}
