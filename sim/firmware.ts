/** The firmware as it was built: what boards of all kinds run. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DebugInfo } from "./positions.js";

/** The repository: where the settings and the built firmware are. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface Firmware {
  bytecode: Uint8Array;
  debug: DebugInfo;
}

/**
 * The built image of an entry, `main` for `src/main.ts`.
 * @throws Error that names the command to run when it was not built
 */
export function loadFirmware(name = "main"): Firmware {
  const folder = new URL(`../.devicescript/bin/${encodeURIComponent(name)}/`, import.meta.url);
  try {
    return {
      bytecode: readFileSync(new URL("bytecode.devs", folder)),
      debug: JSON.parse(readFileSync(new URL("bytecode-dbg.json", folder), "utf8")) as DebugInfo,
    };
  } catch (error) {
    throw new Error(`The firmware src/${name}.ts has not been built: run "npm run build:firmware".`, { cause: error });
  }
}
