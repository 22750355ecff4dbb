import { Command } from "commander";
import { closeSync, constants, openSync, writeFileSync } from "node:fs";
import { codeOf, textOf, UsageError } from "../../common/errors.js";
import { EXAMPLE } from "../../config/example.js";
import { DEFAULT_FILE, namedFile } from "../../config/flags.js";
import { loadConfiguration, type LoadedConfiguration } from "../../config/load.js";
import { print } from "../../config/print.js";
import { jsonSchema } from "../../config/schema.js";

/** Where a command writes, and how it says that it did not go well. */
export interface Terminal {
  out(text: string): unknown;
  err(text: string): unknown;
  /** The exit code is to be 1. */
  fail(): void;
}

const PROCESS: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  fail: () => void (process.exitCode = 1),
};

/** `config check | print | init | schema`, to be added to the server's command. */
export function configCommand(terminal: Terminal = PROCESS): Command {
  const attempt = (step: () => string): void => {
    try {
      terminal.out(step());
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      terminal.err(error.message + "\n");
      terminal.fail();
    }
  };
  const loaded = (...args: Parameters<typeof load>): LoadedConfiguration => {
    const configuration = load(...args);
    if (configuration.warnings.length > 0) terminal.err(warningsOf(configuration));
    return configuration;
  };
  const command = new Command("config").description("The configuration file: checks, prints or begins it.");
  command
    .command("check")
    .argument("[file]", `instead of --config, NIGHTLIGHT_CONFIG or ${DEFAULT_FILE}`)
    .description("say everything that is wrong, with its line, or what there is")
    .action((file: string | undefined) => attempt(() => check(loaded(command, file))));
  command
    .command("print")
    .argument("[file]", "the same")
    .description("print all settings in effect, and where they come from")
    .action((file: string | undefined) => attempt(() => print(loaded(command, file, false))));
  command
    .command("init")
    .argument("[file]", "where to", DEFAULT_FILE)
    .option("--force", "overwrite it")
    .description("write an example with two zones, to be edited")
    .action((file: string, { force }: { force?: boolean }) => attempt(() => init(file, force === true)));
  command
    .command("schema")
    .description("print a JSON Schema of the file, for editors")
    .action(() => attempt(() => JSON.stringify(jsonSchema(), undefined, 2) + "\n"));
  return command;
}

const warningsOf = ({ warnings }: LoadedConfiguration): string => warnings.map((text) => `Warning: ${text}\n`).join("");

/** @param needed whether there must be a file @throws ConfigurationError with all that is wrong */
function load(command: Command, file = namedFile(command, process.env), needed = true): LoadedConfiguration {
  const loaded = loadConfiguration(command, process.env, file);
  if (needed && loaded.file === undefined)
    throw new UsageError(
      `There is no ${DEFAULT_FILE} here: name the file, or write one by nightlight-server config init.`,
    );
  return loaded;
}

/** What there is, in one sentence. */
function check({ file, configuration }: LoadedConfiguration): string {
  return `${file} is in order: ${contentsOf(configuration)}.\n`;
}

/** `2 zones, 5 sensors, 3 lamps`. */
export function contentsOf({ zones }: Pick<LoadedConfiguration["configuration"], "zones">): string {
  const all = Object.values(zones);
  const count = (what: string, ids: Iterable<string>): string => {
    const { size } = new Set(ids);
    return `${size} ${what}${size === 1 ? "" : "s"}`;
  };
  const sensors = all.flatMap((zone) => zone.sensors);
  const lamps = all.flatMap((zone) => zone.lamps);
  return [count("zone", Object.keys(zones)), count("sensor", sensors), count("lamp", lamps)].join(", ");
}

// with --force as root in somebody else's folder, a symbolic link could lead to any file; Windows has no O_NOFOLLOW
const { O_WRONLY, O_CREAT, O_TRUNC, O_EXCL, O_NOFOLLOW = 0 } = constants;

/** @throws UsageError when the file is there and not to be overwritten, or cannot be written */
function init(file: string, force: boolean): string {
  try {
    const fd = openSync(file, O_WRONLY | O_CREAT | O_NOFOLLOW | (force ? O_TRUNC : O_EXCL));
    try {
      writeFileSync(fd, EXAMPLE);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (codeOf(error) === "ELOOP")
      throw new UsageError(`${file} is a symbolic link, which is not followed; name the file that it leads to.`);
    throw new UsageError(
      codeOf(error) === "EEXIST"
        ? `${file} is there already; name another file, or overwrite it with --force.`
        : `${file} cannot be written: ${textOf(error)}.`,
    );
  }
  const named = file === DEFAULT_FILE ? "" : ` --config ${file}`;
  return `${file} has an example with two zones. Edit it, then: nightlight-server${named}\n`;
}
