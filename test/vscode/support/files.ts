/** Reads the files in `.vscode/` as VS Code does. */
import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { ROOT } from "../../../scripts/lib/repository.js";

export interface LaunchFile {
  readonly configurations: readonly Configuration[];
  readonly compounds: readonly Compound[];
}

export interface Configuration {
  readonly name: string;
  readonly type: string;
  readonly request: string;
  readonly program?: string;
  readonly runtimeExecutable?: string;
  readonly runtimeArgs?: readonly string[];
  readonly args?: readonly string[];
  readonly preLaunchTask?: string;
  readonly url?: string;
  readonly serverReadyAction?: { readonly pattern: string; readonly action: string; readonly name: string };
}

export interface Compound {
  readonly name: string;
  readonly configurations: readonly string[];
  readonly preLaunchTask?: string;
}

export interface Pattern {
  readonly regexp: string;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly message: number;
  readonly severity?: number;
  readonly code?: number;
}

export interface Matcher {
  readonly owner: string;
  readonly fileLocation: "absolute" | readonly ["relative", string];
  readonly pattern: Pattern;
}

export interface Task {
  readonly label: string;
  readonly type?: "npm" | "shell";
  readonly script?: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly dependsOn?: string | readonly string[];
  readonly problemMatcher: string | Matcher | readonly (string | Matcher)[];
}

export interface TasksFile {
  readonly tasks: readonly Task[];
  readonly inputs: readonly { readonly id: string; readonly default: string; readonly options: readonly string[] }[];
}

/**
 * Reads a JSON file with comments.
 * @throws Error with the file and the mistake
 */
export function readVscodeFile<T>(name: string): T {
  const text = readFileSync(path.join(ROOT, ".vscode", name), "utf8");
  const { config, error } = ts.parseConfigFileTextToJson(name, text) as { config: T; error?: ts.Diagnostic };
  if (error) throw new Error(`${name}: ${ts.flattenDiagnosticMessageText(error.messageText, "\n")}`);
  return config;
}

export const LAUNCH_FILE = readVscodeFile<LaunchFile>("launch.json");
export const { tasks, inputs } = readVscodeFile<TasksFile>("tasks.json");

/** Finds a configuration or task by its name. @throws Error when there is none */
export function findByName<T extends { readonly name: string } | { readonly label: string }>(
  all: readonly T[],
  name: string,
) {
  const found = all.find((one) => ("name" in one ? one.name : one.label) === name);
  if (!found) throw new Error(`nothing in .vscode is called "${name}"`);
  return found;
}

/** Replaces VS Code's variables by their values. An input variable becomes the default value of the input. */
export function substituteVariables(text: string): string {
  return text
    .replaceAll("${workspaceFolder}", ROOT.replace(/[\\/]$/, ""))
    .replace(/\$\{input:(\w+)\}/g, (_, id: string) => inputs.find((input) => input.id === id)?.default ?? "");
}

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** Returns the command that the JavaScript debugger runs for a launch configuration. */
export function commandOf({ runtimeExecutable, runtimeArgs, program, args }: Configuration): Command {
  const words = [...(runtimeArgs ?? []), ...(program ? [program] : []), ...(args ?? [])];
  return [runtimeExecutable ?? process.execPath, ...words.map(substituteVariables)];
}

/** Returns the command that VS Code runs for a task; undefined for a task that only depends on other tasks. */
export function commandOfTask({ type, script, command, args }: Task): Command | undefined {
  if (type === "npm") return ["npm", "run", script as string];
  return command === undefined ? undefined : [command, ...(args ?? []).map(substituteVariables)];
}

/** Returns the problem matchers that a task defines itself. */
export const ownMatchersOf = (task: Task): Matcher[] =>
  [task.problemMatcher].flat().filter((matcher): matcher is Matcher => typeof matcher === "object");
