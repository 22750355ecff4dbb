import { CommanderError } from "commander";
import { createCommand, optionsFrom, parsingProblem } from "./cli.js";
import { StartError, UsageError } from "./errors.js";
import { startServer } from "./server.js";
import { endOnSignals } from "./signals.js";

function fail(text: string, code: number): never {
  if (text) process.stderr.write(text + "\n");
  process.exit(code);
}

try {
  const command = createCommand().parse();
  const server = await startServer(optionsFrom(command));
  endOnSignals(() => server.close());
} catch (error) {
  if (error instanceof CommanderError) {
    const { text, code } = parsingProblem(error);
    fail(text, code);
  }
  if (error instanceof UsageError) fail(error.message, 2);
  if (error instanceof StartError) fail(error.message, 1);
  throw error;
}
