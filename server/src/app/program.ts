import { CommanderError, type Command } from "commander";
import { addCommand, createCommand, parsingProblem } from "./cli.js";
import { configCommand } from "./commands/config.js";
import { dataFolderOf } from "../config/data-folder.js";
import { refuseToIgnoreAccounts, reportFormerData } from "./former-data.js";
import { LiveConfiguration } from "../config/edit/live-configuration.js";
import { loadConfiguration, type LoadedConfiguration } from "../config/load.js";
import { withSettingNames } from "../config/origins.js";
import { serverUrlOf } from "../config/server-url.js";
import { COMMAND_NAME } from "../common/command-name.js";
import { CommandError, StartError, UsageError } from "../common/errors.js";
import { createLog } from "../observability/log.js";
import { userCommand } from "./commands/user.js";
import { exposedFileWarnings } from "../config/secret-files.js";
import { sessionsCommand } from "./commands/sessions/command.js";
import { updateCommand } from "./commands/update/command.js";
import type { ReloadSignal } from "./reload-signal.js";
import { endAfterOutput, type OutputErrorHandling } from "./output-errors.js";
import { announceReady } from "./ready.js";
import { closeStarted, type TerminationSignals } from "./signals.js";

/** The handlers for signals and output errors, which the program installs before anything else. */
export interface ProcessHandlers {
  readonly signals: TerminationSignals;
  readonly reloadSignal: ReloadSignal;
  readonly outputErrors: OutputErrorHandling;
}

/** Joins the names of the subcommands in an error message, for example `config, user, and sessions`. */
const LIST_FORMAT = new Intl.ListFormat("en");

function endWithError(text: string, code: number): void {
  if (text) process.stderr.write(text + "\n");
  endAfterOutput(code);
}

const warnOnStandardError = (problem: string): void => void process.stderr.write(`Warning: ${problem}\n`);

async function runServer(command: Command, { signals, reloadSignal, outputErrors }: ProcessHandlers): Promise<void> {
  const [unknown] = command.args;
  if (unknown !== undefined)
    command.error(
      `unknown command '${unknown}' (there are ${LIST_FORMAT.format(command.commands.map((one) => one.name()))})`,
    );
  // Only the user who runs the server may read new files, including files that libraries create.
  process.umask(0o077);
  const current = loadConfiguration(command);
  outputErrors.ignoreErrors();
  const log = createLog(current.options.log, { messages: current.options.logMessages });
  for (const warning of current.warnings) log.warn("config", warning);
  const configuration = new LiveConfiguration({ command, log, current });
  const warnOfExposedFiles = (): void =>
    exposedFileWarnings(configuration.current).forEach((sentence) => log.warn("config", sentence));
  warnOfExposedFiles();
  // Import the server only here: loading it takes half of the start time, and the subcommands do not need it.
  const { startServer } = await import("./server.js");
  refuseToIgnoreAccounts(current, COMMAND_NAME);
  const starting = startServer({ ...current.options, log, configuration, startCommand: COMMAND_NAME });
  signals.setCloseHandler(() => closeStarted(starting));
  const server = await starting.catch((error: unknown) => rethrowWithSettingNames(current, error));
  signals.setCloseHandler(() => server.close());
  configuration.connect(server);
  reportFormerData(current, log, COMMAND_NAME);
  announceReady(current, log, server.httpUrl);
  reloadSignal.setReloadHandler(() => {
    if (configuration.reload()) warnOfExposedFiles();
  });
}

/**
 * Throws the error again. A StartError then names each setting by the flag, variable or line of the file that sets it.
 */
function rethrowWithSettingNames(loaded: LoadedConfiguration, error: unknown): never {
  if (error instanceof StartError) throw new StartError(withSettingNames(loaded, error.message), { cause: error });
  throw error;
}

/** Runs the command `nightlight-server` with the arguments and the environment of this process. */
export async function runProgram(handlers: ProcessHandlers): Promise<void> {
  try {
    const command = createCommand();
    command.allowExcessArguments(true).action(() => runServer(command, handlers));
    command.hook("preSubcommand", () => handlers.signals.exitWithSignalCode());
    addCommand(command, configCommand());
    const dataFolder = (subcommand: Command): string => dataFolderOf(subcommand, process.env, warnOnStandardError);
    addCommand(command, userCommand(dataFolder));
    addCommand(command, sessionsCommand(serverUrlOf));
    addCommand(command, updateCommand(serverUrlOf, dataFolder));
    await command.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      const { text, code } = parsingProblem(error);
      return endWithError(text, code);
    }
    if (error instanceof UsageError) return endWithError(error.message, 2);
    if (error instanceof StartError || error instanceof CommandError) return endWithError(error.message, 1);
    throw error;
  }
}
