import type { Command } from "commander";
import { existsSync } from "node:fs";
import path from "node:path";
import { checkCombinations } from "./checks.js";
import { withDefaults, optionsOf } from "./effective.js";
import { DEFAULT_FILE, namedFile, readFlags, type Environment, type FlagSettings } from "./flags.js";
import { isMapping, resolved, withoutUndefined, type Mapping } from "./paths.js";
import { ConfigurationError, nameOf, problemsOf, type Path, type Problem, type Source } from "./problems.js";
import { CONFIGURATION, type Configuration } from "./schema.js";
import { readSecret } from "./secret-file.js";
import { parseYaml, readYamlFile, type YamlFile } from "./yaml-file.js";

/** The complete configuration from file, environment and flags. */
export interface LoadedConfiguration {
  /** Path of the file as the user wrote it; undefined without a file. */
  readonly file: string | undefined;
  /** All settings with defaults and absolute paths. If `password_file` is set, only `options` contains the password. */
  readonly configuration: Configuration;
  readonly options: ReturnType<typeof optionsOf>;
  /** Warnings, for example about a password on the command line. Each warning is one sentence. */
  readonly warnings: readonly string[];
  /** Returns the source of a setting: `--mqtt-port`, `NIGHTLIGHT_MQTT_PORT` or `nightlight.yaml:3`; undefined for a default. */
  origin(path: Path): string | undefined;
}

/**
 * Loads and validates the configuration. A flag overrides its environment variable, a variable overrides the file, and
 * the file overrides the default.
 * @param command the server's command or a subcommand, after parsing
 * @param file the configuration file, instead of the file from flag or variable
 * @param text text to validate in place of the text of the file
 * @throws ConfigurationError with all problems
 */
export function loadConfiguration(
  command: Command,
  env: Environment = process.env,
  file = namedFile(command, env),
  text?: string,
): LoadedConfiguration {
  const name = file ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const yaml = name === undefined ? undefined : text === undefined ? readYamlFile(name) : parseYaml(name, text);
  const given = readFlags(command, env);
  const fromFile = yaml ? resolved(yaml.data, path.dirname(yaml.name)) : {};
  const merged = merge(withoutUndefined(fromFile), given.data);

  const problems: Problem[] = [
    ...(yaml?.problems ?? []),
    ...given.problems,
    ...(yaml ? schemaProblems(yaml, fromFile) : []),
    ...schemaProblems(given, given.data),
  ];
  checkCombinations(merged, (at, sentence, key) => {
    const source = sourceOf(at, given, yaml);
    problems.push(source.problem(at, (setting) => `${setting} ${sentence}`, key));
  });
  if (problems.length > 0) throw new ConfigurationError(inOrder(problems));

  const configuration = withDefaults(CONFIGURATION.parse(merged));
  return {
    file: name,
    configuration,
    options: optionsOf(configuration, passwordOf(configuration)),
    warnings: given.warnings,
    origin: (at) => given.origin(at) ?? (yaml?.has(at) ? yaml.place(at) : undefined),
  };
}

function schemaProblems(source: Source, data: unknown): Problem[] {
  const { error } = CONFIGURATION.safeParse(data);
  return error ? problemsOf(source, error.issues) : [];
}

/**
 * Returns the source in which the user can correct a wrong setting: flags and environment if they set it, otherwise the
 * file.
 */
function sourceOf(at: Path, given: FlagSettings, yaml: YamlFile | undefined): Pick<Source, "problem"> {
  if (given.has(at)) return given;
  return yaml ?? { problem: (setting, say) => ({ text: say(nameOf(setting)) }) };
}

/** Merges the settings of the configuration file, flags and environment. Flags and environment override the file. */
function merge(file: unknown, given: Mapping): Mapping {
  const merged: Record<string, unknown> = isMapping(file) ? { ...file } : {};
  for (const [key, value] of Object.entries(given)) {
    const before = merged[key];
    merged[key] = isMapping(value) && isMapping(before) ? { ...before, ...value } : value;
  }
  const broker = given.broker as Mapping | undefined;
  if (broker?.password !== undefined) merged.broker = { ...(merged.broker as Mapping), password_file: undefined };
  return merged;
}

/**
 * Returns the broker password. If `password_file` is set, reads the password from this file.
 * @throws ConfigurationError when the file is empty or unreadable
 */
function passwordOf({ broker }: Configuration): string | undefined {
  if (broker.password_file === undefined) return broker.password;
  const secret = readSecret(broker.password_file);
  if ("value" in secret) return secret.value;
  throw new ConfigurationError([{ text: `broker > password_file ${secret.problem}` }]);
}

/** Sorts problems by their position in the file. Problems without a line number come first. */
function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
