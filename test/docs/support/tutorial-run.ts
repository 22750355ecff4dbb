/** Executes the steps of tutorials in a copy of the repository, as a reader with several terminals does. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { eventually } from "../../support/eventually.js";
import { applyDiff } from "./diff.js";
import type { Sandbox } from "./sandbox.js";
import { type TutorialStep } from "./tutorial.js";

/** How long a program may take to print or to end, in ms. On a busy machine, a compiler takes several times as long. */
const PROGRAM_TIMEOUT = 120_000;

interface RunningProgram {
  readonly command: string;
  readonly child: ChildProcess;
  output: string;
  /** Length of the output at the last step that was not an output step. */
  checked: number;
}

/** Text of the output between two steps, as a pattern: `…` stands for any text in a line, and times for any time. */
export function toPattern(lines: readonly string[]): RegExp {
  const patterns = lines
    .map((line) => line.trim())
    .filter((line) => line && line !== "…")
    .map((line) =>
      line
        .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
        .replaceAll("…", ".*")
        .replaceAll(/\b\d\d:\d\d:\d\d\b/g, "\\d\\d:\\d\\d:\\d\\d"),
    );
  return new RegExp(patterns.map((pattern) => `^[ \\t]*${pattern}[ \\t]*$`).join("[^]*?"), "m");
}

/** Executes the steps of pages in a sandbox. */
export class TutorialRun {
  readonly #programs: RunningProgram[] = [];
  readonly #originals = new Map<string, string | undefined>();

  constructor(readonly sandbox: Sandbox) {}

  /** Executes a step. @throws Error that says what differs from the page */
  async execute(step: TutorialStep): Promise<void> {
    if (step.kind !== "output") for (const program of this.#programs) program.checked = program.output.length;
    switch (step.kind) {
      case "create":
        return this.#write(step.file, this.#toHere(step.text));
      case "change":
        return this.#write(step.file, applyDiff(await this.#read(step.file), this.#toHere(step.diff)));
      case "run":
        for (const command of step.commands) await this.#run(command, step.until);
        return;
      case "output":
        return this.#expectOutput(step.lines, step.names);
      case "stop":
        return this.#stop(this.#find(step.program));
      case "type":
        this.#find(step.program).child.stdin!.write(`${step.text}\n`);
    }
  }

  /** Restores the files of the repository, except for the changes that a page inherits from the pages that it continues. */
  async prepare(inherited: readonly TutorialStep[]): Promise<void> {
    const files = new Map<string, string>();
    const read = async (file: string): Promise<string> =>
      files.get(file) ?? this.#originals.get(file) ?? (await this.#read(file));
    for (const step of inherited) {
      if (step.kind === "create") files.set(step.file, this.#toHere(step.text));
      if (step.kind === "change") files.set(step.file, applyDiff(await read(step.file), this.#toHere(step.diff)));
    }
    for (const [file, original] of this.#originals) {
      if (files.has(file)) continue;
      if (original === undefined) await rm(path.join(this.sandbox.folder, file), { force: true });
      else await this.#write(file, original);
    }
    for (const [file, text] of files) await this.#write(file, text);
  }

  /** Stops all programs, as a reader does at the end of a page. */
  async stopPrograms(): Promise<void> {
    for (const program of this.#programs.filter(isRunning).reverse()) await this.#stop(program);
    this.#programs.length = 0;
  }

  /** Replaces the documented ports by those of the sandbox. */
  #toHere(text: string): string {
    const { NIGHTLIGHT_MQTT_PORT, NIGHTLIGHT_HTTP_PORT } = this.sandbox.env;
    return text.replaceAll(/\b1883\b/g, NIGHTLIGHT_MQTT_PORT).replaceAll(/\b8080\b/g, NIGHTLIGHT_HTTP_PORT);
  }

  /** Replaces the ports of the sandbox by the documented ones. */
  #toPage(text: string): string {
    const { NIGHTLIGHT_MQTT_PORT, NIGHTLIGHT_HTTP_PORT } = this.sandbox.env;
    return text.replaceAll(NIGHTLIGHT_MQTT_PORT, "1883").replaceAll(NIGHTLIGHT_HTTP_PORT, "8080");
  }

  async #read(file: string): Promise<string> {
    const text = await readFile(path.join(this.sandbox.folder, file), "utf8").catch(() => undefined);
    if (text === undefined) throw new Error(`there is no file ${file}`);
    return text;
  }

  async #write(file: string, text: string): Promise<void> {
    const location = path.join(this.sandbox.folder, file);
    const before = await readFile(location, "utf8").catch(() => undefined);
    if (!this.#originals.has(file)) this.#originals.set(file, before);
    // leaves an unchanged file as it is, because a newer file would be compiled again
    if (before === text) return;
    await mkdir(path.dirname(location), { recursive: true });
    await writeFile(location, text);
  }

  async #run(command: string, until: "end" | "error" | "stop"): Promise<void> {
    // the programs whose port is a flag and not a variable
    const here = this.#toHere(command)
      .replace(/^npm run broker\b(?: --)?/, `npm run broker -- --port ${this.sandbox.env.NIGHTLIGHT_MQTT_PORT}`)
      .replace(/^npm run sim\b(?: --)?/, `npm run sim -- --broker mqtt://${this.sandbox.mqttAddress}`);
    const isFree = (): boolean => !this.#programs.some((program) => program.command === command && isRunning(program));
    await eventually(isFree, { within: 3000 }).catch(() => {
      throw new Error(`"${command}" still runs: the page must tell the reader to press Ctrl+C first`);
    });
    const { folder, env } = this.sandbox;
    const child = spawn("sh", ["-c", here], { cwd: folder, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    const program: RunningProgram = { command, child, output: "", checked: 0 };
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => {
        program.output += this.#toPage(stripVTControlCharacters(text));
      });
    this.#programs.push(program);
    if (until === "stop") return;
    const isEnded = (): boolean => !isRunning(program);
    await eventually(isEnded, { within: PROGRAM_TIMEOUT, what: `"${command}" to end` });
    if ((child.exitCode === 0) !== (until === "end"))
      throw new Error(`"${command}" ended with ${child.exitCode}; it printed:\n${program.output.slice(-3000)}`);
  }

  #find(name: string): RunningProgram {
    const found = this.#programs.findLast((program) => program.command.startsWith(name) && isRunning(program));
    if (!found) throw new Error(`no program "${name}" is running`);
    return found;
  }

  async #expectOutput(lines: readonly string[], names: readonly string[]): Promise<void> {
    const named = names.findLast((name) => this.#programs.some((program) => program.command.startsWith(name)));
    const program = this.#programs.findLast(({ command }) => command.startsWith(named ?? ""));
    if (!program) throw new Error("no program has been started that could print this");
    const pattern = toPattern(lines);
    const find = (): RegExpExecArray | null => pattern.exec(program.output.slice(program.checked));
    await eventually(() => find() ?? !isRunning(program), { within: PROGRAM_TIMEOUT }).catch(() => undefined);
    const found = find();
    if (!found)
      throw new Error(
        `"${program.command}" did not print what the page shows; ` +
          `it printed:\n${program.output.slice(program.checked).slice(-3000)}`,
      );
    program.checked += found.index + found[0].length;
  }

  async #stop(program: RunningProgram): Promise<void> {
    const { child, command } = program;
    if (!isRunning(program)) return;
    const closed = once(child, "close");
    process.kill(-child.pid!, "SIGINT");
    const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), 30_000);
    await closed;
    clearTimeout(timer);
    if (child.signalCode === "SIGKILL") throw new Error(`"${command}" did not end after Ctrl+C`);
  }
}

function isRunning({ child }: RunningProgram): boolean {
  return child.exitCode === null && child.signalCode === null;
}
