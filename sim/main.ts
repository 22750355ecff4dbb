/** `npm run sim`: runs simulated boards that connect to any broker. */
// Handle signals before loading anything else: the first process of a container ignores them until then.
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { handleTerminationSignals } from "../server/src/app/signals.js";

endOnOutputErrors();
const signals = handleTerminationSignals();
const { runSim } = await import("./run.js");
await runSim(signals);
