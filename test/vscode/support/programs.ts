/** Starts programs as VS Code does, and stops them with their child processes. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "../../../scripts/lib/repository.js";
import { eventually } from "../../support/eventually.js";
import type { Command } from "./files.js";

export interface Program {
  readonly child: ChildProcess;
  /** The output so far, without color codes, as a problem matcher sees it. */
  readonly output: () => string;
  /** Resolves with exit code and output when the program ends. */
  readonly ended: Promise<{ code: number | null; output: string }>;
  /** Waits until the output matches; returns the first group or the whole match. */
  find(pattern: RegExp, within?: number): Promise<string>;
  /** Kills the program and its child processes. */
  end(): Promise<void>;
}

const IS_WINDOWS = process.platform === "win32";

/** Starts a program in the repository. */
export function startProgram(
  [program, ...args]: Command,
  { cwd = ROOT, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Program {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, NO_UPDATE_NOTIFIER: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
    // Windows needs a shell for npm; elsewhere a process group lets `end` kill all children
    shell: IS_WINDOWS,
    detached: !IS_WINDOWS,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const output = () => stripVTControlCharacters(text);
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output: output() }));
  return {
    child,
    output,
    ended,
    async find(pattern, within = 60_000) {
      const what = `${pattern.toString()} from ${[program, ...args].join(" ")}`;
      try {
        return await eventually(() => firstOf(pattern.exec(output())), { within, what });
      } catch (error) {
        throw new Error(`${(error as Error).message}; it printed:\n${output()}`, { cause: error });
      }
    },
    async end() {
      if (child.pid === undefined) return;
      if (IS_WINDOWS) spawn("taskkill", ["/T", "/F", "/PID", String(child.pid)], { stdio: "ignore" });
      else
        try {
          process.kill(-child.pid, "SIGKILL");
        } catch {
          // ignores the error, because all processes have already ended
        }
      await ended;
    },
  };
}

const firstOf = (match: RegExpExecArray | null) => match && (match[1] ?? match[0]);
