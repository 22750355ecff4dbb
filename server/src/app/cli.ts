import { Command, CommanderError } from "commander";
import { flagOptions, type Environment } from "../config/flags.js";
import { loadConfiguration, type LoadedConfiguration } from "../config/load.js";
import { VERSION } from "../common/version.js";

/** The command with every flag of the server, for programs that add their own. When parsing fails it throws CommanderError. */
export function createCommand(name = "nightlight-server"): Command {
  const command = new Command(name).description(
    "Decides, over MQTT, when a nightlight is on. Carries an MQTT broker of its own, or joins yours.",
  );
  for (const option of flagOptions()) command.addOption(option);
  return command
    .version(VERSION, "--version")
    .helpOption("--help", "show this")
    .addHelpText(
      "after",
      `
Each setting by itself: a flag goes before its variable, a variable before the file, the file before the default. Zones,
history, limits and more are settings of the file alone; nightlight-server config init writes one to begin with.

Examples:
  $ nightlight-server
      broker on port 1883, dashboard on http://127.0.0.1:8080
  $ nightlight-server --config /etc/nightlight/nightlight.yaml
      as that file says; SIGHUP reads it again
  $ nightlight-server --broker mqtts://broker.example.org --username me --topic-prefix my-house
      joins a broker; the password comes from NIGHTLIGHT_PASSWORD, or the file that NIGHTLIGHT_PASSWORD_FILE names
  $ nightlight-server --broker mqtt://test.mosquitto.org --id 1f3b2a
      answers the device of the lesson whose ID is 1f3b2a, and those below nightlight/`,
    )
    .allowExcessArguments(false)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
}

/** Adds a subcommand, which then treats mistakes as its parent does. */
export function addCommand(parent: Command, command: Command): void {
  const inherit = (child: Command, from: Command): void => {
    child.copyInheritedSettings(from).allowExcessArguments(false);
    for (const grandchild of child.commands) inherit(grandchild, child);
  };
  inherit(command, parent);
  parent.addCommand(command);
}

/**
 * The server's options from a command that has parsed its arguments: flags, environment and file.
 * @throws ConfigurationError, a UsageError, with everything that is wrong, a line each.
 */
export function optionsFrom(command: Command, env: Environment = process.env): LoadedConfiguration["options"] {
  return loadConfiguration(command, env).options;
}

/**
 * What to print, and the exit code, when commander ends the parsing: help and version are no failures.
 * @param hint where there is more to read
 */
export function parsingProblem(
  error: CommanderError,
  hint = "See nightlight-server --help.",
): { text: string; code: number } {
  if (error.exitCode === 0) return { text: "", code: 0 };
  // a command without its subcommand: commander has shown what there is
  if (error.code === "commander.help") return { text: "", code: 2 };
  const text = error.message
    .replace(/^error: /, "")
    .replace(/\s+/g, " ")
    .trim();
  return { text: `${text}${/[.?)]$/.test(text) ? "" : "."} ${hint}`, code: 2 };
}
