/** Programs that the benchmark starts: their output, their end, and what they take. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";

/** How long a program may take to end by itself, in ms. */
const FAREWELL = 10_000;
/** Of what a program says on stderr, so many characters are kept. */
const KEPT = 2000;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A running program, whose output goes nowhere, as that of a service without a log. */
export class Child {
  readonly #process: ChildProcess;
  #said = "";

  constructor({ command, args, env, cwd }: Program) {
    this.#process = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    running.add(this.#process);
    this.#process.on("exit", () => running.delete(this.#process));
    this.#process.stderr!.on("data", (data: Buffer) => (this.#said = (this.#said + data.toString()).slice(-KEPT)));
    this.#process.on("error", (error) => (this.#said += error.message));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Why it does not run any more; undefined while it does. */
  get ended(): string | undefined {
    const { exitCode, signalCode, pid } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) return undefined;
    return `it ended with ${signalCode ?? `exit code ${exitCode}`}${this.#said && `: ${this.#said.trim()}`}`;
  }

  async stop(): Promise<void> {
    if (this.ended !== undefined) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    const killing = setTimeout(() => this.#process.kill("SIGKILL"), FAREWELL);
    await ended;
    clearTimeout(killing);
  }
}

/** Those who run: none is left behind when the benchmark is interrupted. */
const running = new Set<ChildProcess>();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

let ticks: number | undefined;

/** Clock ticks a second, in which Linux counts CPU time. */
function ticksPerSecond(): number {
  ticks ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return ticks;
}

/** CPU that all threads of a process took so far, in s; undefined where there is no /proc [proc(5)]. */
export async function cpuOf(pid: number): Promise<number | undefined> {
  const stat = await read(`/proc/${pid}/stat`);
  // the name, in parentheses, may have blanks; utime and stime are the 14th and 15th field
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) / ticksPerSecond();
}

/** Most memory that a process ever had, in MB; undefined where there is no /proc. */
export async function peakMemoryOf(pid: number): Promise<number | undefined> {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec((await read(`/proc/${pid}/status`)) ?? "")?.[1];
  return kilobytes === undefined ? undefined : (Number(kilobytes) * 1024) / 1e6;
}

async function read(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}
