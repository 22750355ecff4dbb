// Little is imported before signals are caught: the first process of a container loses those that come earlier.
import { catchHangups } from "./app/reload-signal.js";
import { endOnOutputErrors } from "./app/output-errors.js";
import { catchSignals } from "./app/signals.js";

const surroundings = { signals: catchSignals(), hangups: catchHangups(), outputErrors: endOnOutputErrors() };
const { runProgram } = await import("./app/program.js");
await runProgram(surroundings);
