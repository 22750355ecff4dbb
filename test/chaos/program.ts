/** `nightlight-server` as a process of its own, that can be killed and started again on the same ports and data. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.js";
import { NIGHTLIGHT_SERVER } from "../support/nightlight-server.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A line of the server's log in JSON; `event` says what it is. */
export interface Entry {
  readonly event: string;
  readonly [field: string]: unknown;
}

export class ServerProgram {
  /** Counts its starts: tells one run from the next. */
  runs = 0;
  /** Where its API is. */
  http = "";
  #child: ChildProcess | undefined;
  #ready = false;
  #errors = "";

  /** @param heard is given every line of the log, and the run that wrote it */
  constructor(
    private readonly flags: readonly string[],
    private readonly heard: (entry: Entry, run: number) => void,
  ) {}

  /**
   * Starts it; resolves when it is at work.
   * @throws Error with what it wrote when it ends instead
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
      const entry = JSON.parse(line) as Entry;
      if (typeof entry.http === "string") this.http = entry.http;
      // the last line of its greeting
      if (entry.event === "server" && entry.prefix !== undefined) this.#ready = true;
      this.heard(entry, run);
    });
    await eventually(() => this.#ready || child.exitCode !== null, { within: 30_000, what: "the server's greeting" });
    if (!this.#ready) throw new Error(`nightlight-server ended with code ${child.exitCode}: ${this.#errors}`);
  }

  /** Ends it as a power cut does; resolves when all that it wrote was read. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ends it as a service manager does. */
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
