/** Runs `nightlight-server` as a child process. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.js";
import { NIGHTLIGHT_SERVER } from "../../support/nightlight-server.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface ServerProgram {
  readonly child: ChildProcess;
  /** Returns the JSON log entries from stdout, one per line. */
  readEntries(): Record<string, unknown>[];
  readonly output: { out: string; err: string };
  /** Waits for the startup banner and returns the addresses in it. */
  waitForAddresses(): Promise<{ mqtt: string; http: string }>;
  /** Waits for the program's exit and returns the exit code. */
  waitForExit(): Promise<number | null>;
}

/** Flags for a JSON log with an entry for each message. */
export const LOG_ALL_MESSAGES = ["--log", "json", "--log-messages", "all"] as const;

/** Starts the server with these flags. Kills it after the test if it is still running. */
export function startServerProgram(flags: string[], env: Record<string, string> = {}): ServerProgram {
  const child = spawn(process.execPath, [NIGHTLIGHT_SERVER, ...flags], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  // "close" follows "exit" when the output is complete
  const closed = once(child, "close");
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.err += text));
  const readEntries = (): Record<string, unknown>[] =>
    output.out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    child,
    readEntries,
    output,
    async waitForAddresses() {
      await eventually(() => /Dashboard/.test(output.out) || child.exitCode !== null, {
        what: "the startup banner",
      });
      if (child.exitCode !== null) throw new Error(`The server exited: ${output.err}`);
      const findInOutput = (pattern: RegExp): string => pattern.exec(output.out)![0];
      return { mqtt: findInOutput(/mqtt:\/\/[\w.:]+/), http: findInOutput(/http:\/\/[\w.:]+/) };
    },
    async waitForExit() {
      await closed;
      return child.exitCode;
    },
  };
}
