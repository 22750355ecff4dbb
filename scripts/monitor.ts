/** `npm run monitor`: what a board says, with places in the source. */
import { createCommand, quiet, runCommand } from "./flash/command.js";
import { thisComputer } from "./flash/flow.js";
import { builtFirmware, listen } from "./flash/listen.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

endOnOutputErrors();
const command = createCommand("monitor", "Shows what a board says, with places in the source. Ctrl-C ends.");

quiet();
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());
process.exitCode = await runCommand<{ port?: string }>(command, process.argv.slice(2), async ({ port }) =>
  listen(thisComputer(), port, await builtFirmware(), stop.signal),
);
