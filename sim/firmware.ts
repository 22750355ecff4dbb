/** Loads the compiled firmware that simulated boards run. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DebugInfo } from "./positions.js";

/** Root folder of the repository, with the settings and the compiled firmware. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface Firmware {
  bytecode: Uint8Array;
  debug: DebugInfo;
}

/**
 * Reads the bytecode and debug information of a firmware entry point: `main` for `src/main.ts`.
 * @throws Error when the firmware has not been built; the message names the build command
 */
export function loadFirmware(name = "main"): Firmware {
  const folder = new URL(`../.devicescript/bin/${encodeURIComponent(name)}/`, import.meta.url);
  try {
    return {
      bytecode: readFileSync(new URL("program.devs", folder)),
      debug: JSON.parse(readFileSync(new URL("bytecode-dbg.json", folder), "utf8")) as DebugInfo,
    };
  } catch (error) {
    throw new Error(`The firmware src/${name}.ts has not been built: run "npm run build:firmware".`, { cause: error });
  }
}
