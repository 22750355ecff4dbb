/** `npm run doctor`: checks this computer for everything that a nightlight needs. */
import { ROOT } from "./lib/repository.js";
import { runDoctor } from "./doctor/run.js";
import { thisSystem } from "./doctor/system.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

endOnOutputErrors();
process.exitCode = await runDoctor(process.argv.slice(2), thisSystem(ROOT));
