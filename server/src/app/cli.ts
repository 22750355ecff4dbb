import { COMMAND_NAME } from "../common/command-name.js";
import { Command, CommanderError } from "commander";
import { createFlagOptions } from "../config/flags.js";
import type { Environment } from "../common/environment.js";
import { loadConfiguration, type LoadedConfiguration } from "../config/load.js";
import { VERSION } from "../common/version.js";

/**
 * Creates the root command with all flags of the server. Other programs may add flags to this command. Parsing may
 * throw CommanderError.
 */
export function createCommand(name = COMMAND_NAME): Command {
  const command = new Command(name).description(
    "Decides over MQTT when a nightlight is on. Runs an embedded MQTT broker, or connects to yours.",
  );
  for (const option of createFlagOptions()) command.addOption(option);
  return command
    .version(VERSION, "--version")
    .helpOption("--help", "show this")
    .addHelpText(
      "after",
      `
For each setting, a flag takes precedence over its environment variable, the variable over the file, and the file over the
default. Zones, history, limits and more can only be set in the file; "${COMMAND_NAME} config init" writes an example.

Examples:
  $ ${name.replace(/ --$/, "")}
      broker on port 1883, dashboard on http://127.0.0.1:8080
  $ ${name} --config /etc/nightlight/nightlight.yaml
      reads the settings from that file, and again on SIGHUP
  $ ${name} --broker mqtts://broker.example.org --username me --topic-prefix my-house
      connects to a broker; the password is in NIGHTLIGHT_PASSWORD, or in the file that NIGHTLIGHT_PASSWORD_FILE names
  $ ${name} --broker mqtt://test.mosquitto.org --id 1f3b2a
      answers the lesson device with the ID 1f3b2a, and the devices below nightlight/`,
    )
    .allowExcessArguments(false)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
}

/** An error that commander threw while parsing, with the words of the subcommand that the user gave, if any. */
type ParsingError = CommanderError & { commandWords?: string };

/**
 * Adds a subcommand to a command. The subcommand then reports errors in the same way as its parent command, and errors
 * name the subcommand.
 */
export function addCommand(parent: Command, command: Command): void {
  const inheritSettings = (child: Command, from: Command): void => {
    child
      .copyInheritedSettings(from)
      .allowExcessArguments(false)
      .exitOverride((error: ParsingError) => {
        error.commandWords = wordsOf(child);
        throw error;
      });
    for (const grandchild of child.commands) inheritSettings(grandchild, child);
  };
  inheritSettings(command, parent);
  parent.addCommand(command);
}

/** Returns the words that begin a command line of a command, for example `nightlight-server update board`. */
function wordsOf(command: Command): string {
  return command.parent ? `${wordsOf(command.parent)} ${command.name()}` : command.name();
}

/**
 * Reads the options of `startServer` from flags, environment and file. Call this after parsing the command line.
 * @throws ConfigurationError with one line for each mistake
 */
export function optionsFrom(command: Command, env: Environment = process.env): LoadedConfiguration["options"] {
  return loadConfiguration(command, env).options;
}

/**
 * Converts an error that commander threw while parsing to a message and an exit code. `--help` and `--version` give
 * exit code 0.
 * @param hint where to find help; by default, the help of the command that the user gave
 */
export function parsingProblem(
  error: CommanderError,
  hint = `See ${(error as ParsingError).commandWords ?? COMMAND_NAME} --help.`,
): { text: string; code: number } {
  if (error.exitCode === 0) return { text: "", code: 0 };
  // The user gave a command without its subcommand, and commander has already printed the list of subcommands.
  if (error.code === "commander.help") return { text: "", code: 2 };
  const text = error.message
    .replace(/^error: /, "")
    .replace(/\s+/g, " ")
    .trim();
  return { text: `${text}${/[.?)]$/.test(text) ? "" : "."} ${hint}`, code: 2 };
}
