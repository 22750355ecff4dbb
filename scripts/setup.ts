/** `npm run setup`: asks what a board needs to know, and writes it into `.env.local`. */
import { ROOT } from "./build.js";
import { runSetup } from "./setup/run.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

endOnOutputErrors();
process.exitCode = await runSetup(process.argv.slice(2), { root: ROOT });
