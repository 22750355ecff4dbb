/** `npm run flash`: installs runtime, program and settings on a board, and waits until it is connected to its broker. */
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { BOARD_FLAG, createCommand, runCommand } from "./flash/command.js";
import { DEFAULT_FLASH_BAUD, flashBoard, accessThisComputer, type FlashOptions } from "./flash/flow.js";
import { pinRuntimes } from "./flash/runtime.js";
import { silenceJacdac, createWholeNumberParser } from "./lib/command-line.js";
import { ROOT } from "./lib/repository.js";

endOnOutputErrors();
const command = createCommand("flash", "Install DeviceScript's runtime, the program and your settings on a board.")
  .option(...BOARD_FLAG)
  .option(
    "--baud <n>",
    "baud rate while flashing; use 115200 when the transfer fails",
    createWholeNumberParser(9600, 3_000_000),
    DEFAULT_FLASH_BAUD,
  )
  .option("--file <path>", "use this copy of DeviceScript's runtime for the board's chip, instead of downloading it")
  .option("--esptool [command]", "flash with Espressif's esptool, from 4.5 up to, but not including, 5 (needs Python)")
  .option("--yes", "do not ask before the board is overwritten")
  .option("--pin", "for maintainers: download the runtimes of all chips, and pin their checksums in the repository");

silenceJacdac();
process.exitCode = await runCommand<FlashOptions & { pin?: true }>(command, process.argv.slice(2), (options) =>
  options.pin ? printPinnedRuntimes() : flashBoard(options, accessThisComputer()),
);

async function printPinnedRuntimes(): Promise<void> {
  for (const [chip, { url, sha256 }] of Object.entries(await pinRuntimes(ROOT, fetch)))
    console.log(`${chip}: ${sha256}  ${url}`);
}
