/** `npm run sim`: runs simulated boards that connect to any broker. */
// Handle signals before loading anything else: process 1 of a container ignores signals that have no handler.
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { handleTerminationSignals } from "../server/src/app/signals.js";

endOnOutputErrors();
const signals = handleTerminationSignals();
const { runSim } = await import("./run.js");
await runSim(signals);
