/** Runs a program to its end, and tells what it prints while it does. */
import { spawn } from "node:child_process";

export interface Ended {
  /** The exit code; undefined when it could not be started, or was ended by a signal or after its time. */
  readonly code: number | undefined;
  /** What it printed on both outputs. */
  readonly output: string;
  /** Why it could not be started, such as `ENOENT`. */
  readonly error?: string;
}

export interface RunOptions {
  /** The longest that it may take, in ms; no limit unless told. */
  readonly within?: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Gets each piece that it prints. */
  readonly onText?: (text: string) => void;
}

/** Never throws: a program that is missing is one that ended without a code. */
export function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { within, cwd, env = process.env, onText } = options;
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { cwd, env, timeout: within, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        onText?.(text);
      });
    }
    child.on("error", (error: NodeJS.ErrnoException) => resolve({ code: undefined, output, error: error.code }));
    child.on("close", (code) => resolve({ code: code ?? undefined, output }));
  });
}
