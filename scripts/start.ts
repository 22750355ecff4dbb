/**
 * `npm start`: runs broker, server, dashboard and simulated boards in one process, without hardware and internet.
 *
 * Accepts every flag of `nightlight-server`, and `--boards N` and `--no-simulator`.
 */
// Installs the signal handlers before the slow imports, because process 1 of a container loses signals without a handler.
import { handleReloadSignal } from "../server/src/app/reload-signal.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { handleTerminationSignals } from "../server/src/app/signals.js";

const handlers = {
  signals: handleTerminationSignals(),
  reloadSignal: handleReloadSignal(),
  outputErrors: endOnOutputErrors(),
};
const { runStart } = await import("./start/run.js");
await runStart(handlers);
