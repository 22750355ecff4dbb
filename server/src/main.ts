import { CommanderError } from "commander";
import { createCommand, optionsFrom, parsingProblem } from "./cli.js";
import { StartError, UsageError } from "./errors.js";
import { startServer, type NightlightServer } from "./server.js";

/** How long a clean end may take before the program ends anyway, in ms. */
const PATIENCE = 2000;

/** Ends the server at the first signal, and the program at once at the second. */
function endOnSignals(server: NightlightServer): void {
  let ending = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (ending) process.exit(1);
      ending = true;
      setTimeout(() => process.exit(1), PATIENCE).unref();
      server.close().then(
        () => process.exit(0),
        (error: unknown) => fail(`The server did not end cleanly: ${String(error)}`, 1),
      );
    });
}

function fail(text: string, code: number): never {
  if (text) process.stderr.write(text + "\n");
  process.exit(code);
}

try {
  const command = createCommand().parse();
  endOnSignals(await startServer(optionsFrom(command)));
} catch (error) {
  if (error instanceof CommanderError) {
    const { text, code } = parsingProblem(error);
    fail(text, code);
  }
  if (error instanceof UsageError) fail(error.message, 2);
  if (error instanceof StartError) fail(error.message, 1);
  throw error;
}
