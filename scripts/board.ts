/** `npm run board -- list | check | add`: manages the boards that the firmware runs on. */
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { runBoardCommand } from "./board/run.js";

endOnOutputErrors();
process.exitCode = await runBoardCommand(process.argv.slice(2));
