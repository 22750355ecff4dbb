/** `npm run deploy`: updates program and settings on a board that was flashed before. */
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { BOARD_FLAG, createCommand, runCommand } from "./flash/command.js";
import { deployOnly, accessThisComputer, type FlashOptions } from "./flash/flow.js";
import { silenceJacdac } from "./lib/command-line.js";

endOnOutputErrors();
const command = createCommand("deploy", "Update the program and your settings on a board that was flashed before.") // prettier-ignore
  .option(...BOARD_FLAG);

silenceJacdac();
process.exitCode = await runCommand<FlashOptions>(command, process.argv.slice(2), (options) => deployOnly(options, accessThisComputer())); // prettier-ignore
