import type { Command } from "commander";
import { existsSync } from "node:fs";
import path from "node:path";
import { checkTogether } from "./checks.js";
import { filled, optionsOf } from "./effective.js";
import { DEFAULT_FILE, namedFile, readFlags, type Environment, type Given } from "./flags.js";
import { isMapping, resolved, withoutUndefined, type Mapping } from "./paths.js";
import { ConfigurationError, nameOf, problemsOf, type Path, type Problem, type Source } from "./problems.js";
import { CONFIGURATION, type Configuration } from "./schema.js";
import { readSecret } from "./secret-file.js";
import { readYamlFile, type YamlFile } from "./yaml-file.js";

/** What the server is to go by, and where that came from. */
export interface LoadedConfiguration {
  /** The file that was read, as it was named; undefined when there is none. */
  readonly file: string | undefined;
  /** All settings, every default filled in, paths in the file resolved. The password may be in a file. */
  readonly configuration: Configuration;
  readonly options: ReturnType<typeof optionsOf>;
  /** What works and is still not good, such as a password on the command line: a sentence each. */
  readonly warnings: readonly string[];
  /** `--mqtt-port`, `NIGHTLIGHT_MQTT_PORT` or `nightlight.yaml:3`; undefined for a default. */
  origin(path: Path): string | undefined;
}

/**
 * Reads flags, environment and file, and checks them: a flag goes before its variable, a variable before the file, the
 * file before the default, each setting by itself.
 * @param command the server's command or a subcommand, after parsing
 * @param file instead of the one that flag or variable name
 * @throws ConfigurationError with everything that is wrong
 */
export function loadConfiguration(
  command: Command,
  env: Environment = process.env,
  file = namedFile(command, env),
): LoadedConfiguration {
  const name = file ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const yaml = name === undefined ? undefined : readYamlFile(name);
  const given = readFlags(command, env);
  const fromFile = yaml ? resolved(yaml.data, path.dirname(yaml.name)) : {};
  const merged = merge(withoutUndefined(fromFile), given.data);

  const problems: Problem[] = [
    ...(yaml?.problems ?? []),
    ...given.problems,
    ...(yaml ? schemaProblems(yaml, fromFile) : []),
    ...schemaProblems(given, given.data),
  ];
  checkTogether(merged, (at, sentence, key) => {
    const source = sourceOf(at, given, yaml);
    problems.push(source.problem(at, (setting) => `${setting} ${sentence}`, key));
  });
  if (problems.length > 0) throw new ConfigurationError(inOrder(problems));

  const configuration = filled(CONFIGURATION.parse(merged));
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

/** Who is to be told of a setting that is wrong beside others. */
function sourceOf(at: Path, given: Given, yaml: YamlFile | undefined): Pick<Source, "problem"> {
  if (given.has(at)) return given;
  return yaml ?? { problem: (setting, say) => ({ text: say(nameOf(setting)) }) };
}

/** The file's settings with those of flags and environment over them. */
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

/** @throws ConfigurationError when the password's file is empty, or cannot be read any more */
function passwordOf({ broker }: Configuration): string | undefined {
  if (broker.password_file === undefined) return broker.password;
  const secret = readSecret(broker.password_file);
  if ("value" in secret) return secret.value;
  throw new ConfigurationError([{ text: `broker > password_file ${secret.problem}` }]);
}

/** As they stand in the file, what is of no line first. */
function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
