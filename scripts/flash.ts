/** `npm run flash`: from a bare board to a nightlight that is connected to its broker. */
import { BOARD_FLAG, createCommand, quiet, runCommand, wholeNumber } from "./flash/command.js";
import { BAUD, flash, thisComputer, type Choice } from "./flash/flow.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

endOnOutputErrors();
const command = createCommand("flash", "Puts DeviceScript's runtime, the program and your settings on a board.")
  .option(...BOARD_FLAG)
  .option("--baud <n>", "bits a second while flashing; 115200 when it breaks off", wholeNumber(9600, 3_000_000), BAUD)
  .option("--yes", "do not ask before what is on the board is replaced");

quiet();
process.exitCode = await runCommand<Choice>(command, process.argv.slice(2), (choice) => flash(choice, thisComputer()));
