/** `npm run setup`: asks for a board's settings (Wi-Fi, broker, id) and writes them to `.env.local`. */
import { ROOT } from "./lib/repository.js";
import { runSetup } from "./setup/run.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

endOnOutputErrors();
process.exitCode = await runSetup(process.argv.slice(2), { root: ROOT });
