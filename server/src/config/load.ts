import type { Command } from "commander";
import { existsSync } from "node:fs";
import path from "node:path";
import { checkCombinations } from "./checks.js";
import { withDefaults, optionsOf, type Secrets } from "./effective.js";
import { DEFAULT_FILE, configFileOf, readFlags, type FlagSettings } from "./flags.js";
import type { Environment } from "../common/environment.js";
import { isMapping, resolvePaths, removeUndefined, type Mapping } from "./paths.js";
import { ConfigurationError, nameOf, problemsOf, type Path, type Problem, type Source } from "./problems.js";
import { CONFIGURATION_SCHEMA, type Configuration } from "./schema.js";
import { readSecret } from "./secret-file.js";
import { parseYaml, readYamlFile, type YamlFile } from "./yaml-file.js";

/** The complete configuration from file, environment and flags. */
export interface LoadedConfiguration {
  /** Path of the file as the user wrote it; undefined if there is no file. */
  readonly file: string | undefined;
  /**
   * All settings with defaults and absolute paths. Secrets that the server reads from separate files are only in
   * `options`.
   */
  readonly configuration: Configuration;
  readonly options: ReturnType<typeof optionsOf>;
  /** Warnings, for example about a password on the command line. Each warning is one sentence. */
  readonly warnings: readonly string[];
  /**
   * Returns the source of a setting: `--mqtt-port`, `NIGHTLIGHT_MQTT_PORT` or `nightlight.yaml:3`; undefined for a
   * default.
   */
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
  file = configFileOf(command, env),
  text?: string,
): LoadedConfiguration {
  const name = file ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const yaml = name === undefined ? undefined : text === undefined ? readYamlFile(name) : parseYaml(name, text);
  const given = readFlags(command, env);
  const fromFile = yaml ? resolvePaths(yaml.data, path.dirname(yaml.name)) : {};
  const merged = mergeSettings(removeUndefined(fromFile), given.data);

  const problems: Problem[] = [
    ...(yaml?.problems ?? []),
    ...given.problems,
    ...(yaml ? schemaProblems(yaml, fromFile) : []),
    ...schemaProblems(given, given.data),
  ];
  checkCombinations(merged, (at, sentence, key) => {
    const source = sourceOf(at, given, yaml);
    problems.push(source.createProblem(at, (setting) => `${setting} ${sentence}`, key));
  });
  if (problems.length > 0) throw new ConfigurationError(sortProblems(problems));

  const configuration = withDefaults(CONFIGURATION_SCHEMA.parse(merged), env);
  return {
    file: name,
    configuration,
    options: optionsOf(configuration, readSecrets(configuration)),
    warnings: given.warnings,
    origin: (at) => given.origin(at) ?? (yaml?.has(at) ? yaml.positionOf(at) : undefined),
  };
}

function schemaProblems(source: Source, data: unknown): Problem[] {
  const { error } = CONFIGURATION_SCHEMA.safeParse(data);
  return error ? problemsOf(source, error.issues) : [];
}

/**
 * Returns the source in which the user can correct a wrong setting: flags and environment if they set it, otherwise the
 * file.
 */
function sourceOf(at: Path, given: FlagSettings, yaml: YamlFile | undefined): Pick<Source, "createProblem"> {
  if (given.has(at)) return given;
  return yaml ?? { createProblem: (setting, sentenceFor) => ({ text: sentenceFor(nameOf(setting)) }) };
}

/** Merges the settings of the configuration file, flags and environment. Flags and environment override the file. */
function mergeSettings(file: unknown, given: Mapping): Mapping {
  const merged: Record<string, unknown> = isMapping(file) ? { ...file } : {};
  for (const [key, value] of Object.entries(given)) {
    const before = merged[key];
    merged[key] = isMapping(value) && isMapping(before) ? { ...before, ...value } : value;
  }
  for (const [group, key] of FILE_SECRETS)
    if (isMapping(given[group]) && given[group][key] !== undefined)
      merged[group] = { ...(merged[group] as Mapping), [`${key}_file`]: undefined };
  return merged;
}

/**
 * The secrets that may be in a separate file. For example, `broker > password_file` names the file with the password.
 */
const FILE_SECRETS = [
  ["broker", "password"],
  ["alerts", "webhook_authorization"],
  ["alerts", "ntfy_token"],
] as const;

/**
 * Returns the secrets of the configuration, and reads those that are in a file of their own.
 * @throws ConfigurationError when such a file is empty or unreadable
 */
function readSecrets({ broker, alerts }: Configuration): Secrets {
  return {
    password: readUnlessSet("broker > password_file", broker.password, broker.password_file),
    webhookAuthorization: readUnlessSet("alerts > webhook_authorization_file", alerts.webhook_authorization, alerts.webhook_authorization_file), // prettier-ignore
    ntfyToken: readUnlessSet("alerts > ntfy_token_file", alerts.ntfy_token, alerts.ntfy_token_file),
  };
}

function readUnlessSet(setting: string, value: string | undefined, file: string | undefined): string | undefined {
  if (file === undefined) return value;
  const secret = readSecret(file);
  if ("value" in secret) return secret.value;
  throw new ConfigurationError([{ text: `${setting} ${secret.problem}` }]);
}

/** Sorts problems by their position in the file. Problems without a line number come first. */
function sortProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
