/** `npm run monitor`: prints a board's log with source positions. */
import { createCommand, runCommand } from "./flash/command.js";
import { accessThisComputer } from "./flash/flow.js";
import { loadBuiltFirmware, printBoardLog } from "./flash/board-log.js";
import { silenceJacdac } from "./lib/command-line.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

endOnOutputErrors();
const command = createCommand("monitor", "Print a board's log with source positions. Ctrl+C ends.");

silenceJacdac();
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());
process.exitCode = await runCommand<{ port?: string }>(command, process.argv.slice(2), async ({ port }) =>
  printBoardLog(accessThisComputer(), port, await loadBuiltFirmware(), stop.signal),
);
