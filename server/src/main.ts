// Handle signals before loading anything else, because the first process of a container ignores unhandled signals.
import { handleReloadSignal } from "./app/reload-signal.js";
import { endOnOutputErrors } from "./app/output-errors.js";
import { handleTerminationSignals } from "./app/signals.js";

const processHandlers = {
  signals: handleTerminationSignals(),
  reloadSignal: handleReloadSignal(),
  outputErrors: endOnOutputErrors(),
};
const { runProgram } = await import("./app/program.js");
await runProgram(processHandlers);
