import { Option, type Command } from "commander";
import { redactUrl } from "../security/redact.js";
import { fileFlagOf, fileVariableOf, FLAGS, type Flag } from "./flag-table.js";
import { nameOf, presentable, type Path, type Problem, type Source } from "./problems.js";
import { readSecret } from "./secret-file.js";
import { CONFIG_ENV, unknownVariables, type Environment } from "./variables.js";

export type { Environment };

/** The flags, and `--config`, as commander's options. */
export function flagOptions(): Option[] {
  const config = new Option("--config <file>", `configuration in YAML (default: ${DEFAULT_FILE} if it is here, env: ${CONFIG_ENV})`); // prettier-ignore
  return [config, ...FLAGS.flatMap((flag) => (flag.secret ? [optionOf(flag), fileOptionOf(flag)] : [optionOf(flag)]))];
}

/** The file that is read where the program is started, when none is named. */
export const DEFAULT_FILE = "nightlight.yaml";

// commander's own reading of variables takes an empty one for a value, and one that is there for true
function optionOf(flag: Flag): Option {
  const { default: value, env } = flag;
  const option = new Option(flag.flag, value !== undefined || flag.text.includes(env) ? flag.text : `${flag.text} (env: ${env})`); // prettier-ignore
  if (value !== undefined) option.default(value, `${value}, env: ${env}`);
  return flag.kind === "list" ? option.argParser((id: string, before: string[] = []) => [...before, id]) : option;
}

function fileOptionOf(flag: Flag): Option {
  const option = fileFlagOf(flag);
  return new Option(`${option} <file>`, `the same, from the first line of this file (env: ${fileVariableOf(flag)})`);
}

/** The command that has the flags: a subcommand's root. */
export function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}

/** The configuration file that flag or variable name; undefined when neither does. */
export function namedFile(command: Command, env: Environment): string | undefined {
  return rootOf(command).opts<{ config?: string }>().config ?? (env[CONFIG_ENV] || undefined);
}

/** What the flags and the environment say, a flag before its variable, in the shape of the file. */
export interface Given extends Source {
  readonly data: Readonly<Record<string, unknown>>;
  /** What is wrong beside the values themselves, such as a secret's file that cannot be read. */
  readonly problems: readonly Problem[];
  /** What works and is still not good, in a sentence each. */
  readonly warnings: readonly string[];
  /** The flag or the variable that gives the setting at this path. */
  origin(path: Path): string | undefined;
}

/** A setting as a flag, a variable, or a file that one of them names gives it. */
interface Written {
  readonly origin: string;
  readonly value: unknown;
}

/** Reads flags and environment. What is wrong with their values is for the schema to say. */
export function readFlags(command: Command, env: Environment): Given {
  const root = rootOf(command);
  const data: Record<string, unknown> = {};
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const given = new Map<string, Written>();
  /** Of a flag or a variable, and the one that names a file instead. */
  function either(written: Written | undefined, file: Written | undefined): Written | undefined {
    // an empty variable, as container tools pass it on, is none
    if (!file?.value) return written?.value === "" && !written.origin.startsWith("-") ? undefined : written;
    if (written?.value) {
      problems.push({ text: `${file.origin} is there beside ${written.origin}; keep one.` });
      return written;
    }
    const secret = readSecret(String(file.value));
    if ("problem" in secret) problems.push({ text: `${file.origin} ${secret.problem}` });
    return "value" in secret ? { origin: file.origin, value: secret.value } : undefined;
  }
  const byOption = (option: Option): Written | undefined => {
    const name = option.attributeName();
    const isGiven = root.getOptionValueSource(name) === "cli";
    return isGiven ? { origin: option.long!, value: root.getOptionValue(name) } : undefined;
  };
  const byVariable = (name: string): Written => ({ origin: name, value: env[name] ?? "" });

  for (const flag of FLAGS) {
    const typed = byOption(optionOf(flag));
    const found =
      either(typed, flag.secret && byOption(fileOptionOf(flag))) ??
      either(byVariable(flag.env), flag.secret && byVariable(fileVariableOf(flag)));
    if (!found) continue;
    const value = typeof found.value === "string" ? read(found.value, flag.kind) : found.value;
    given.set(flag.path.join("."), { origin: found.origin, value });
    const [first, second] = flag.path;
    data[first] = second ? { ...(data[first] as object | undefined), [second]: value } : value;
    if (found === typed && isSecret(flag, String(value))) warnings.push(onCommandLine(flag));
  }
  // of a list one item may be wrong: it is of the same flag
  const at = (path: Path) => given.get(path.filter((step) => typeof step === "string").join("."));
  return {
    data,
    problems,
    warnings: [...warnings, ...unknownVariables(env)],
    has: (path) => at(path) !== undefined,
    origin: (path) => at(path)?.origin,
    found(path) {
      const value = at(path)?.value;
      const item = typeof path.at(-1) === "number" ? (value as unknown[])[path.at(-1) as number] : value;
      return presentable(path, `"${String(item)}"`);
    },
    problem: (path, say): Problem => ({ text: say(at(path)?.origin ?? nameOf(path)) }),
  };
}

const isSecret = ({ secret }: Flag, value: string): boolean =>
  secret === "value" || (secret !== undefined && redactUrl(value) !== value);

const onCommandLine = (flag: Flag): string =>
  `${flag.flag.split(" ")[0]} has a password or token on the command line, where every user of this machine can read it; ` +
  `give it in ${flag.env}, or in a file with ${fileFlagOf(flag)} or ${fileVariableOf(flag)}.`;

/** A text as the file's own type; as it is when it cannot be, so that the schema refuses it. */
function read(text: string, kind: Flag["kind"]): unknown {
  if (kind === "number") return /^\d+$/.test(text) ? Number(text) : text;
  if (kind === "list") return text.split(",").map((item) => item.trim()).filter(Boolean); // prettier-ignore
  if (kind === "yes or no") {
    if (/^(1|true|yes|on)$/i.test(text)) return true;
    if (/^(0|false|no|off)$/i.test(text)) return false;
  }
  return text;
}
