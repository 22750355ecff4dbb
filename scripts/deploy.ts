/** `npm run deploy`: program and settings to a board that was flashed before. */
import { BOARD_FLAG, createCommand, quiet, runCommand } from "./flash/command.js";
import { deployAlone, thisComputer, type Choice } from "./flash/flow.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

endOnOutputErrors();
const command = createCommand("deploy", "Puts the program and your settings on a board that was flashed before.") // prettier-ignore
  .option(...BOARD_FLAG);

quiet();
process.exitCode = await runCommand<Choice>(command, process.argv.slice(2), (choice) => deployAlone(choice, thisComputer())); // prettier-ignore
