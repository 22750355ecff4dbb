/** Programs as VS Code starts them, ended with all that they started after the test. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "../../../scripts/lib/repository.js";
import { eventually } from "../../support/eventually.js";
import type { Command } from "./files.js";

export interface Program {
  readonly child: ChildProcess;
  /** What it printed, without colors: a terminal's lines as a problem matcher gets them. */
  readonly output: () => string;
  /** Its exit code, with what it printed. */
  readonly ended: Promise<{ code: number | null; output: string }>;
  /** Waits for a piece of what it prints: the whole match, or its first group. */
  find(pattern: RegExp, within?: number): Promise<string>;
  /** Ends it, and all that it started. */
  end(): Promise<void>;
}

const ON_WINDOWS = process.platform === "win32";

export function startProgram(
  [program, ...args]: Command,
  { cwd = ROOT, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Program {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, NO_UPDATE_NOTIFIER: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
    // npm is a script on Windows; elsewhere a group of its own is ended as a whole
    shell: ON_WINDOWS,
    detached: !ON_WINDOWS,
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
      if (ON_WINDOWS) spawn("taskkill", ["/T", "/F", "/PID", String(child.pid)], { stdio: "ignore" });
      else
        try {
          process.kill(-child.pid, "SIGKILL");
        } catch {
          // all of it has ended
        }
      await ended;
    },
  };
}

const firstOf = (match: RegExpExecArray | null) => match && (match[1] ?? match[0]);
