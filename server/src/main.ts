import { CommanderError, type Command } from "commander";
import { addCommand, createCommand, parsingProblem } from "./cli.js";
import { configCommand } from "./config/commands.js";
import { dataFolderOf } from "./config/data-folder.js";
import { onHangup } from "./config/hangup.js";
import { loadConfiguration } from "./config/load.js";
import { reload } from "./config/reload.js";
import { serverUrlOf } from "./config/server-url.js";
import { CommandError, StartError, UsageError } from "./errors.js";
import { createLog } from "./log.js";
import { userCommand } from "./security/commands.js";
import { sessionsCommand } from "./sessions-command/command.js";
import { endOnSignals } from "./signals.js";

/** Writes `config, user, and sessions`. */
const COMMANDS = new Intl.ListFormat("en");

function fail(text: string, code: number): never {
  if (text) process.stderr.write(text + "\n");
  process.exit(code);
}

async function serve(command: Command): Promise<void> {
  const [unknown] = command.args;
  if (unknown !== undefined)
    command.error(
      `unknown command '${unknown}' (there are ${COMMANDS.format(command.commands.map((one) => one.name()))})`,
    );
  // files are for this account alone, also those that libraries make
  process.umask(0o077);
  let current = loadConfiguration(command);
  const log = createLog(current.options.log);
  // SIGHUP is not to end it while it starts either
  let readAgain = (): void => {};
  onHangup(() => readAgain());
  // only now: the subcommands need nothing of it, and are there in half the time
  const { startServer } = await import("./server.js");
  const starting = startServer({ ...current.options, log });
  // a server that is still starting says goodbye as well
  endOnSignals(async () => (await starting).close());
  const server = await starting;
  readAgain = () => (current = reload({ server, log, load: () => loadConfiguration(command), current }));
}

try {
  const command = createCommand();
  command.allowExcessArguments(true).action(() => serve(command));
  addCommand(command, configCommand());
  addCommand(command, userCommand(dataFolderOf));
  addCommand(command, sessionsCommand(serverUrlOf));
  await command.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    const { text, code } = parsingProblem(error);
    fail(text, code);
  }
  if (error instanceof UsageError) fail(error.message, 2);
  if (error instanceof StartError || error instanceof CommandError) fail(error.message, 1);
  throw error;
}
