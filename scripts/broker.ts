/** `npm run broker`: runs an MQTT broker on this computer that only passes messages on, and prints what it does. */
// Installs the signal handlers before the slow imports, because process 1 of a container loses signals without a handler.
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { handleTerminationSignals } from "../server/src/app/signals.js";

endOnOutputErrors();
const signals = handleTerminationSignals();
const { runBroker } = await import("./broker/run.js");
await runBroker(signals);
