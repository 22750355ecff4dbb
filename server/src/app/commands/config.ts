import { COMMAND_NAME } from "../../common/command-name.js";
import { Command } from "commander";
import { closeSync, constants, openSync, writeFileSync } from "node:fs";
import { codeOf, textOf, UsageError } from "../../common/errors.js";
import { EXAMPLE_CONFIGURATION } from "../../config/example.js";
import { DEFAULT_FILE, configFileOf } from "../../config/flags.js";
import { loadConfiguration, type LoadedConfiguration } from "../../config/load.js";
import { printConfiguration } from "../../config/print.js";
import { createJsonSchema } from "../../config/schema.js";

/** The streams to which a command writes, and a method that makes the process end with an error code. */
export interface ConfigTerminal {
  printOutput(text: string): unknown;
  printError(text: string): unknown;
  /** Makes the process end with exit code 1. */
  fail(): void;
}

const PROCESS_TERMINAL: ConfigTerminal = {
  printOutput: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  fail: () => void (process.exitCode = 1),
};

/** Creates the command `config check | print | init | schema`. */
export function configCommand(terminal: ConfigTerminal = PROCESS_TERMINAL): Command {
  const printOrFail = (step: () => string): void => {
    try {
      terminal.printOutput(step());
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      terminal.printError(error.message + "\n");
      terminal.fail();
    }
  };
  const loadWithWarnings = (...args: Parameters<typeof loadFile>): LoadedConfiguration => {
    const configuration = loadFile(...args);
    if (configuration.warnings.length > 0) terminal.printError(warningsOf(configuration));
    return configuration;
  };
  const command = new Command("config").description("Check, print or create the configuration file.");
  command
    .command("check")
    .argument("[file]", `default: the file in --config, NIGHTLIGHT_CONFIG or ${DEFAULT_FILE}`)
    .description("report all mistakes with their lines, or summarize the contents")
    .action((file: string | undefined) => printOrFail(() => describeValidFile(loadWithWarnings(command, file))));
  command
    .command("print")
    .argument("[file]", `default: the file in --config, NIGHTLIGHT_CONFIG or ${DEFAULT_FILE}`)
    .description("print all settings in effect and their sources")
    .action((file: string | undefined) =>
      printOrFail(() => printConfiguration(loadWithWarnings(command, file, false))),
    );
  command
    .command("init")
    .argument("[file]", "path of the new file", DEFAULT_FILE)
    .option("--force", "overwrite an existing file")
    .description("write an example configuration with two zones")
    .action((file: string, { force }: { force?: boolean }) =>
      printOrFail(() => writeExampleFile(file, force === true)),
    );
  command
    .command("schema")
    .description("print the JSON Schema of the file, for editors")
    .action(() => printOrFail(() => JSON.stringify(createJsonSchema(), undefined, 2) + "\n"));
  return command;
}

const warningsOf = ({ warnings }: LoadedConfiguration): string => warnings.map((text) => `Warning: ${text}\n`).join("");

/**
 * Loads the configuration.
 * @param needed whether a missing file is an error
 * @throws ConfigurationError with all mistakes; UsageError if `needed` is true and there is no file
 */
function loadFile(command: Command, file = configFileOf(command, process.env), needed = true): LoadedConfiguration {
  const loaded = loadConfiguration(command, process.env, file);
  if (needed && loaded.file === undefined)
    throw new UsageError(
      `There is no ${DEFAULT_FILE} here: name the file, or create one with ${COMMAND_NAME} config init.`,
    );
  return loaded;
}

/** Summarizes a valid configuration in one sentence. */
function describeValidFile({ file, configuration }: LoadedConfiguration): string {
  return `${file} is valid: ${summarizeContents(configuration)}.\n`;
}

/** Counts the contents of a configuration: `2 zones, 5 sensors, 3 lamps`. */
export function summarizeContents({ zones }: Pick<LoadedConfiguration["configuration"], "zones">): string {
  const all = Object.values(zones);
  const formatCount = (what: string, ids: Iterable<string>): string => {
    const { size } = new Set(ids);
    return `${size} ${what}${size === 1 ? "" : "s"}`;
  };
  const sensors = all.flatMap((zone) => zone.sensors);
  const lamps = all.flatMap((zone) => zone.lamps);
  return [formatCount("zone", Object.keys(zones)), formatCount("sensor", sensors), formatCount("lamp", lamps)].join(
    ", ",
  );
}

// O_NOFOLLOW refuses a symbolic link, by which another user could make root overwrite any file. Windows lacks this flag.
const { O_WRONLY, O_CREAT, O_TRUNC, O_EXCL, O_NOFOLLOW = 0 } = constants;

/**
 * Writes the example configuration to a file.
 * @throws UsageError when the file exists and `force` is not set, or when the file is not writable
 */
function writeExampleFile(file: string, force: boolean): string {
  try {
    const fd = openSync(file, O_WRONLY | O_CREAT | O_NOFOLLOW | (force ? O_TRUNC : O_EXCL));
    try {
      writeFileSync(fd, EXAMPLE_CONFIGURATION);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (codeOf(error) === "ELOOP")
      throw new UsageError(`${file} is a symbolic link, which is not followed; name the file that it leads to.`);
    throw new UsageError(
      codeOf(error) === "EEXIST"
        ? `${file} exists already; name another file, or overwrite it with --force.`
        : `${file} cannot be written: ${textOf(error)}.`,
    );
  }
  const start = file === DEFAULT_FILE ? COMMAND_NAME.replace(/ --$/, "") : `${COMMAND_NAME} --config ${file}`;
  return `Wrote an example with two zones to ${file}. Edit it, then run: ${start}\n`;
}
