/** Runs another program and collects its output. */
import { spawn } from "node:child_process";

/** The result of a program that ended. */
export interface ProgramResult {
  /** The exit code; undefined when the program did not start, was killed by a signal or took too long. */
  readonly code: number | undefined;
  /** Standard output and standard error together. */
  readonly output: string;
  /** Node's error code when the program did not start, such as `ENOENT`. */
  readonly error?: string;
}

export interface RunOptions {
  /** Kills the program after this time in ms; no limit by default. */
  readonly within?: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Receives each piece of output as soon as the program prints it. */
  readonly onText?: (text: string) => void;
}

/** Runs a program to its end. Never rejects: a missing program gives a result without an exit code. */
export function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<ProgramResult> {
  const { within, cwd, env = process.env, onText } = options;
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    // Does not pass spawn's option `timeout`: when a program is missing, its timer keeps Node running until it expires.
    const timer = within === undefined ? undefined : setTimeout(() => child.kill(), within);
    const finish = (result: ProgramResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        onText?.(text);
      });
    }
    child.on("error", (error: NodeJS.ErrnoException) => finish({ code: undefined, output, error: error.code }));
    child.on("close", (code) => finish({ code: code ?? undefined, output }));
  });
}

/** Runs a Node.js script to its end, and turns off the script's checks for updates. */
export function runNodeScript(script: string, args: readonly string[], cwd: string): Promise<ProgramResult> {
  return runProgram(process.execPath, [script, ...args], { cwd, env: { ...process.env, NO_UPDATE_NOTIFIER: "1" } });
}
