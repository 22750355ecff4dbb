/** `npm run flash`: installs runtime, program and settings on a board, and waits until it is connected to its broker. */
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { BOARD_FLAG, createCommand, runCommand } from "./flash/command.js";
import { DEFAULT_FLASH_BAUD, flashBoard, accessThisComputer, type FlashOptions } from "./flash/flow.js";
import { silenceJacdac, createWholeNumberParser } from "./lib/command-line.js";

endOnOutputErrors();
const command = createCommand("flash", "Install DeviceScript's runtime, the program and your settings on a board.")
  .option(...BOARD_FLAG)
  .option(
    "--baud <n>",
    "baud rate while flashing; use 115200 when the transfer fails",
    createWholeNumberParser(9600, 3_000_000),
    DEFAULT_FLASH_BAUD,
  )
  .option("--yes", "do not ask before the board is overwritten");

silenceJacdac();
process.exitCode = await runCommand<FlashOptions>(command, process.argv.slice(2), (options) =>
  flashBoard(options, accessThisComputer()),
);
