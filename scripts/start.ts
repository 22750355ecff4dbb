/**
 * `npm start`: broker, server, dashboard and simulated boards in one process, with no hardware and no internet.
 *
 * Takes every flag of `nightlight-server`, and `--boards N`, `--no-simulator`.
 */
// Little is imported before signals are caught: the first process of a container loses those that come earlier.
import { catchHangups } from "../server/src/app/reload-signal.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { catchSignals } from "../server/src/app/signals.js";

const surroundings = { signals: catchSignals(), hangups: catchHangups(), outputErrors: endOnOutputErrors() };
const { runStart } = await import("./start/run.js");
await runStart(surroundings);
