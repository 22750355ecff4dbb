// Handle signals before loading anything else: the first process of a container ignores them until then.
import { catchHangups } from "./app/reload-signal.js";
import { endOnOutputErrors } from "./app/output-errors.js";
import { catchSignals } from "./app/signals.js";

const handlers = { signals: catchSignals(), hangups: catchHangups(), outputErrors: endOnOutputErrors() };
const { runProgram } = await import("./app/program.js");
await runProgram(handlers);
