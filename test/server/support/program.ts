/** `nightlight-server` as its users run it: a program of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.js";
import { NIGHTLIGHT_SERVER } from "../../support/nightlight-server.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface Program {
  readonly child: ChildProcess;
  /** What it wrote to standard output, as JSON, a line each. */
  entries(): Record<string, unknown>[];
  readonly output: { out: string; err: string };
  /** Where clients connect, once it says so. */
  addresses(): Promise<{ mqtt: string; http: string }>;
  /** Its exit code, once it has ended. */
  ended(): Promise<number | null>;
}

/** Flags for a JSON log with a line for every message. */
export const EVERY_MESSAGE = ["--log", "json", "--log-messages", "all"] as const;

/** Starts it with these flags; it is killed after the test if it still runs. */
export function run(flags: string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [NIGHTLIGHT_SERVER, ...flags], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.err += text));
  const entries = (): Record<string, unknown>[] =>
    output.out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    child,
    entries,
    output,
    async addresses() {
      await eventually(() => /Dashboard/.test(output.out) || child.exitCode !== null, {
        what: "its banner",
      });
      if (child.exitCode !== null) throw new Error(`it ended: ${output.err}`);
      const find = (pattern: RegExp): string => pattern.exec(output.out)![0];
      return { mqtt: find(/mqtt:\/\/[\w.:]+/), http: find(/http:\/\/[\w.:]+/) };
    },
    async ended() {
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
      return child.exitCode;
    },
  };
}
