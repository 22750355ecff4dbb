/** Child processes of the benchmark: their error output, exit, CPU time and memory. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";

/** Time between SIGTERM and SIGKILL, in ms. */
const KILL_TIMEOUT = 10_000;
/** Number of characters at the end of a program's stderr that are kept for error messages. */
const MAX_STDERR_LENGTH = 2000;

export interface StartCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A child process. Its stdout is discarded, and the end of its stderr is kept for error messages. */
export class Child {
  readonly #process: ChildProcess;
  #stderr = "";

  constructor({ command, args, env, cwd }: StartCommand) {
    this.#process = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    runningChildren.add(this.#process);
    this.#process.on("exit", () => runningChildren.delete(this.#process));
    this.#process.stderr!.on(
      "data",
      (data: Buffer) => (this.#stderr = (this.#stderr + data.toString()).slice(-MAX_STDERR_LENGTH)),
    );
    this.#process.on("error", (error) => (this.#stderr += error.message));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The reason for the program's exit; undefined while the program is running. */
  get exitReason(): string | undefined {
    const { exitCode, signalCode, pid } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) return undefined;
    return `it ended with ${signalCode ?? `exit code ${exitCode}`}${this.#stderr && `: ${this.#stderr.trim()}`}`;
  }

  async stop(): Promise<void> {
    if (this.exitReason !== undefined) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    const killing = setTimeout(() => this.#process.kill("SIGKILL"), KILL_TIMEOUT);
    await ended;
    clearTimeout(killing);
  }
}

/** The running child processes, which are killed when the benchmark exits or is interrupted. */
const runningChildren = new Set<ChildProcess>();
process.on("exit", () => runningChildren.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

let ticks: number | undefined;

/** Returns the clock ticks per second, the unit of CPU time in Linux. */
function readTicksPerSecond(): number {
  ticks ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return ticks;
}

/** Returns the CPU time of all threads of a process so far, in s; undefined without /proc [proc(5)]. */
export async function readCpuTime(pid: number): Promise<number | undefined> {
  const stat = await readIfExists(`/proc/${pid}/stat`);
  // the process name in parentheses can contain spaces; utime and stime are fields 14 and 15
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) / readTicksPerSecond();
}

/** Returns the peak memory of a process, in MB; undefined without /proc. */
export async function readPeakMemory(pid: number): Promise<number | undefined> {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec((await readIfExists(`/proc/${pid}/status`)) ?? "")?.[1];
  return kilobytes === undefined ? undefined : (Number(kilobytes) * 1024) / 1e6;
}

async function readIfExists(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}
