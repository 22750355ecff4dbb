/** Runs `nightlight-server` as a child process that can be killed and restarted with the same ports and data. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.js";
import { NIGHTLIGHT_SERVER } from "../support/nightlight-server.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** An entry of the server's JSON log. */
export interface LogEntry {
  readonly event: string;
  readonly [field: string]: unknown;
}

export class ServerProgram {
  /** Number of starts, which identifies the current run. */
  runs = 0;
  /** Base URL of the HTTP API. */
  http = "";
  #child: ChildProcess | undefined;
  #ready = false;
  #errors = "";

  /** @param onLogEntry called with each log entry and the number of the run that wrote it */
  constructor(
    private readonly flags: readonly string[],
    private readonly onLogEntry: (entry: LogEntry, run: number) => void,
  ) {}

  /**
   * Starts the server. Resolves after the startup banner.
   * @throws Error with the content of stderr when the server exits
   */
  async start(): Promise<void> {
    const run = ++this.runs;
    this.#ready = false;
    this.#errors = "";
    const child = spawn(
      process.execPath,
      [NIGHTLIGHT_SERVER, "--log", "json", "--log-messages", "all", "--http-port", "0", ...this.flags],
      { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const entry = JSON.parse(line) as LogEntry;
      if (typeof entry.http === "string") this.http = entry.http;
      // the server is ready when it logs the last entry of the startup banner, the only one with the field `prefix`
      if (entry.event === "server" && entry.prefix !== undefined) this.#ready = true;
      this.onLogEntry(entry, run);
    });
    await eventually(() => this.#ready || child.exitCode !== null, { within: 30_000, what: "the startup banner" });
    if (!this.#ready) throw new Error(`nightlight-server exited with code ${child.exitCode}: ${this.#errors}`);
  }

  /** Kills the server with SIGKILL, which simulates a power failure. Resolves when its output has been read. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Stops the server with SIGTERM, as a service manager does. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill(signal);
    await closed;
  }
}
