import { Option, type Command } from "commander";
import { redactUrl } from "../security/redact.js";
import { fileFlagOf, fileVariableOf, FLAGS, type Flag } from "./flag-table.js";
import { nameOf, formatValue, type Path, type Problem, type Source } from "./problems.js";
import { readSecret } from "./secret-file.js";
import type { Environment } from "../common/environment.js";
import { CONFIG_ENV, misspelledVariableWarnings } from "./variables.js";

/** The flag that logs every reading and command. */
const VERBOSE = new Option("--verbose", "log every reading and command: the same as --log-messages condensed");

/** Returns all flags, including `--config`, as options for commander. */
export function createFlagOptions(): Option[] {
  const config = new Option("--config <file>", `configuration file in YAML (default: ${DEFAULT_FILE} if it exists, env: ${CONFIG_ENV})`); // prettier-ignore
  const flags = FLAGS.flatMap((flag) => (flag.secret ? [optionOf(flag), fileOptionOf(flag)] : [optionOf(flag)]));
  return [config, ...flags, VERBOSE];
}

/** The default configuration file, in the working directory. */
export const DEFAULT_FILE = "nightlight.yaml";

// Do not use `env()` of commander. It accepts an empty variable as a value, and reads every boolean variable as true.
function optionOf(flag: Flag): Option {
  const { default: value, env } = flag;
  const option = new Option(flag.flag, value !== undefined || flag.text.includes(env) ? flag.text : `${flag.text} (env: ${env})`); // prettier-ignore
  if (value !== undefined) option.default(value, `${value}, env: ${env}`);
  return flag.kind === "list" ? option.argParser((id: string, before: string[] = []) => [...before, id]) : option;
}

function fileOptionOf(flag: Flag): Option {
  const option = fileFlagOf(flag);
  return new Option(`${option} <file>`, `the same, read from the first line of a file (env: ${fileVariableOf(flag)})`);
}

/** Returns the root command of a subcommand. The root command has the flags of the server. */
export function rootCommandOf(command: Command): Command {
  return command.parent ? rootCommandOf(command.parent) : command;
}

/** Returns the configuration file from `--config` or the environment; undefined when neither is set. */
export function configFileOf(command: Command, env: Environment): string | undefined {
  return rootCommandOf(command).opts<{ config?: string }>().config ?? (env[CONFIG_ENV] || undefined);
}

/** Settings from flags and environment, in the structure of the configuration file. Flags override variables. */
export interface FlagSettings extends Source {
  readonly data: Readonly<Record<string, unknown>>;
  /** Problems that the schema does not report, such as a secret file that cannot be read. */
  readonly problems: readonly Problem[];
  /** Warnings about settings that work but are unsafe or look wrong, one sentence each. */
  readonly warnings: readonly string[];
  /** Returns the flag or variable that sets the setting at a path; undefined if neither does. */
  origin(path: Path): string | undefined;
}

/** The value of a setting, and the flag or variable that it comes from. */
interface FlagValue {
  readonly origin: string;
  readonly value: unknown;
}

/** Reads flags and environment. The schema validates the values later. */
export function readFlags(command: Command, env: Environment): FlagSettings {
  const root = rootCommandOf(command);
  const data: Record<string, unknown> = {};
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const given = new Map<string, FlagValue>();
  /** Returns the value itself or the first line of the file that contains it. Reports a problem if both are given. */
  function valueOrFirstLine(written: FlagValue | undefined, file: FlagValue | undefined): FlagValue | undefined {
    // An empty variable counts as not set, because container tools often pass empty variables.
    if (!file?.value) return written?.value === "" && !written.origin.startsWith("-") ? undefined : written;
    if (written?.value) {
      problems.push({ text: `${file.origin} is there beside ${written.origin}; keep one.` });
      return written;
    }
    const secret = readSecret(String(file.value));
    if ("problem" in secret) problems.push({ text: `${file.origin} ${secret.problem}` });
    return "value" in secret ? { origin: file.origin, value: secret.value } : undefined;
  }
  const valueOfOption = (option: Option): FlagValue | undefined => {
    const name = option.attributeName();
    const isFlagSettings = root.getOptionValueSource(name) === "cli";
    return isFlagSettings ? { origin: option.long!, value: root.getOptionValue(name) } : undefined;
  };
  const valueOfVerbose = ({ path }: Flag): FlagValue | undefined =>
    path[0] === "log_messages" && root.getOptionValueSource(VERBOSE.attributeName()) === "cli"
      ? { origin: VERBOSE.long!, value: "condensed" }
      : undefined;
  const valueOfVariable = (name: string): FlagValue => ({ origin: name, value: env[name] ?? "" });

  for (const flag of FLAGS) {
    const typed = valueOfOption(optionOf(flag)) ?? valueOfVerbose(flag);
    const found =
      valueOrFirstLine(typed, flag.secret && valueOfOption(fileOptionOf(flag))) ??
      valueOrFirstLine(valueOfVariable(flag.env), flag.secret && valueOfVariable(fileVariableOf(flag)));
    if (!found) continue;
    const value = typeof found.value === "string" ? convertFlagText(found.value, flag.kind) : found.value;
    given.set(flag.path.join("."), { origin: found.origin, value });
    const [first, second] = flag.path;
    data[first] = second ? { ...(data[first] as object | undefined), [second]: value } : value;
    if (found === typed && isSecret(flag, String(value))) warnings.push(commandLineWarning(flag));
  }
  // An item of a list has no flag of its own, so find the flag of the whole list.
  const valueAt = (path: Path) => given.get(path.filter((step) => typeof step === "string").join("."));
  return {
    data,
    problems,
    warnings: [...warnings, ...misspelledVariableWarnings(env)],
    has: (path) => valueAt(path) !== undefined,
    origin: (path) => valueAt(path)?.origin,
    formatFoundValue(path) {
      const value = valueAt(path)?.value;
      const item = typeof path.at(-1) === "number" ? (value as unknown[])[path.at(-1) as number] : value;
      return formatValue(path, `"${String(item)}"`);
    },
    createProblem: (path, sentenceFor): Problem => ({ text: sentenceFor(valueAt(path)?.origin ?? nameOf(path)), path }),
  };
}

const isSecret = ({ secret }: Flag, value: string): boolean =>
  secret === "value" || (secret !== undefined && redactUrl(value) !== value);

const commandLineWarning = (flag: Flag): string =>
  `${flag.flag.split(" ")[0]} has a password or token on the command line, where every user of this machine can read it; ` +
  `give it in ${flag.env}, or in a file with ${fileFlagOf(flag)} or ${fileVariableOf(flag)}.`;

/** Converts a text to the type of the setting. Returns invalid text unchanged, so that the schema reports it. */
function convertFlagText(text: string, kind: Flag["kind"]): unknown {
  if (kind === "number") return /^\d+$/.test(text) ? Number(text) : text;
  if (kind === "list") return text.split(",").map((item) => item.trim()).filter(Boolean); // prettier-ignore
  if (kind === "yes or no") {
    if (/^(1|true|yes|on)$/i.test(text)) return true;
    if (/^(0|false|no|off)$/i.test(text)) return false;
  }
  return text;
}
