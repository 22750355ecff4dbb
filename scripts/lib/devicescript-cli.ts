/** DeviceScript's command-line program, as installed in node_modules. */
import { createRequire } from "node:module";
import path from "node:path";

/** The folder of the package `@devicescript/cli`. */
export const CLI_FOLDER = path.dirname(createRequire(import.meta.url).resolve("@devicescript/cli/package.json"));

/** The script that `devs` and `devicescript` run. */
export const CLI_SCRIPT = path.join(CLI_FOLDER, "devicescript");
