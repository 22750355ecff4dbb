/** `npm run sim`: simulated boards on a broker of one's choice. */
// Little is imported before signals are caught: the first process of a container loses those that come earlier.
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { catchSignals } from "../server/src/app/signals.js";

endOnOutputErrors();
const signals = catchSignals();
const { runSim } = await import("./run.js");
await runSim(signals);
