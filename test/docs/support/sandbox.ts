/**
 * A copy of the repository in which a shell runs the commands of the documentation: with free ports, temporary folders, and
 * fake programs in place of those that need root, a board or the internet.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { eventually } from "../../support/eventually.js";
import { freePort } from "../../support/free-port.js";
import { findProgram } from "../../support/programs.js";
import { ROOT } from "./pages.js";

/** A command of the documentation, with the expected result. */
export interface CommandStep {
  readonly command: string;
  /** A pattern that the output must match. */
  readonly expectedOutput?: RegExp;
  /** The expected exit code; 0 by default. */
  readonly exitCode?: number;
  /** Whether the command runs until `runStep` stops it, with SIGINT after the expected output. */
  readonly runsUntilStopped?: boolean;
  /** Whether the command runs until the end of the scenario, because later commands need it. */
  readonly keepsRunning?: boolean;
  /** Answers typed at a terminal, one for each question. */
  readonly typedAnswers?: readonly string[];
  /** The folder in which the command runs, relative to the copy; the copy itself by default. */
  readonly folder?: string;
  /** Whether the command runs exactly as it is, without free ports and addresses in place of the documented ones. */
  readonly unchanged?: boolean;
  /** Texts to replace in the command, with their replacements, such as a real address for an example address. */
  readonly replacements?: Readonly<Record<string, string>>;
}

/** Fake programs in the sandbox: shell scripts by the name of the program that they replace. */
const FAKE_PROGRAMS: Readonly<Record<string, string>> = {
  // runs the command without becoming root
  sudo: 'exec "$@"',
  // `npm ci` does nothing, because the packages are linked; `npm test` runs only one test file to save time
  npm: `case "$*" in
  ci) exit 0 ;;
  test) exec "$REAL_NPM" test -- test/contract/topics.test.ts ;;
  *) exec "$REAL_NPM" "$@" ;;
esac`,
  mosquitto_pub: 'exec "$REAL_MOSQUITTO_PUB" -p "$NIGHTLIGHT_MQTT_PORT" "$@"',
  mosquitto_sub: 'exec "$REAL_MOSQUITTO_SUB" -p "$NIGHTLIGHT_MQTT_PORT" "$@"',
  "nightlight-server": 'exec "$REAL_NODE" "$REPOSITORY/server/bin/nightlight-server.js" "$@"',
  // hides boards that are connected to this computer
  udevadm: "exit 0",
};
/** Programs that are replaced by scripts which only record their calls. */
const RECORDED_PROGRAMS = ["systemctl", "systemd-run", "journalctl", "apt", "chown", "usermod"];

/**
 * The lock file of builds, which another test may create and delete at any moment. With a copy of it, the builds in the
 * copy would wait for a process that builds somewhere else.
 */
const BUILD_LOCK = path.join(".devicescript", "building");

/** How long a command may take, in ms. On a busy machine, a build takes several times as long. */
const STEP_TIMEOUT = 300_000;

/** A copy of the repository, and the programs that run in the copy. */
export class Sandbox {
  readonly #running: ChildProcess[] = [];

  private constructor(
    readonly folder: string,
    public env: Readonly<Record<string, string>>,
  ) {}

  /** Copies the repository into a temporary folder, and returns the sandbox in that folder. */
  static async open(): Promise<Sandbox> {
    const folder = await mkdtemp(path.join(tmpdir(), "nightlight-docs-"));
    const skipped = /^(node_modules|\.git|\.nightlight|\.env\..*local|nightlight\.yaml|\.env\.local)$/;
    await cp(ROOT, folder, {
      recursive: true,
      // keeps modification times, because otherwise the builds in the copy would count as out of date
      preserveTimestamps: true,
      filter(file) {
        const name = path.relative(ROOT, file);
        return name !== BUILD_LOCK && !name.split(path.sep).some((part) => skipped.test(part));
      },
    });
    for (const modules of ["node_modules", "server/node_modules"])
      if (existsSync(path.join(ROOT, modules)))
        await symlink(path.join(ROOT, modules), path.join(folder, modules), "dir");
    const bin = path.join(folder, "fake-programs");
    await mkdir(bin);
    const recorded = Object.fromEntries(RECORDED_PROGRAMS.map((name) => [name, `echo "${name} $*" >> "$CALLS"`]));
    for (const [name, body] of Object.entries({ ...FAKE_PROGRAMS, ...recorded }))
      await writeFile(path.join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    const prefix = path.join(folder, "global");
    return new Sandbox(folder, {
      ...(process.env as Record<string, string>),
      REAL_NPM: findProgram("npm") ?? "npm",
      REAL_NODE: process.execPath,
      REAL_MOSQUITTO_PUB: findProgram("mosquitto_pub") ?? "",
      REAL_MOSQUITTO_SUB: findProgram("mosquitto_sub") ?? "",
      REPOSITORY: folder,
      CALLS: path.join(folder, "calls"),
      npm_config_prefix: prefix,
      npm_config_prefer_offline: "true",
      npm_config_audit: "false",
      npm_config_fund: "false",
      NO_UPDATE_NOTIFIER: "1",
      // programs that a scenario installs come before the fake programs
      PATH: [path.join(prefix, "bin"), bin, process.env.PATH].join(path.delimiter),
    });
  }

  /** Prepares a new scenario: new ports and data, no settings from the previous scenario, and additional files. */
  async reset(files: Readonly<Record<string, string>> = {}): Promise<void> {
    for (const name of ["nightlight.yaml", ".env.local", ".env.previous.local", "calls"])
      await rm(path.join(this.folder, name), { force: true });
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(this.folder, name)), { recursive: true });
      await writeFile(path.join(this.folder, name), text);
    }
    this.env = {
      ...this.env,
      NIGHTLIGHT_DATA: await mkdtemp(path.join(this.folder, ".nightlight-")),
      NIGHTLIGHT_MQTT_PORT: String(await freePort()),
      NIGHTLIGHT_HTTP_PORT: String(await freePort()),
    };
  }

  get mqttAddress(): string {
    return `127.0.0.1:${this.env.NIGHTLIGHT_MQTT_PORT}`;
  }

  get httpAddress(): string {
    return `127.0.0.1:${this.env.NIGHTLIGHT_HTTP_PORT}`;
  }

  /** Returns the calls of recorded programs, one per line. */
  async readRecordedCalls(): Promise<string> {
    return readFile(this.env.CALLS, "utf8").catch(() => "");
  }

  /** Runs a command. @throws Error with the output when the result is not the expected one */
  async runStep(step: CommandStep): Promise<void> {
    const {
      command,
      expectedOutput,
      exitCode = 0,
      runsUntilStopped = false,
      keepsRunning = false,
      typedAnswers,
    } = step;
    let output = "";
    const here = { "127.0.0.1:8080": this.httpAddress, "127.0.0.1:1883": this.mqttAddress, "0.0.0.0": "127.0.0.1" };
    const places = [...Object.entries(step.replacements ?? {}), ...(step.unchanged ? [] : Object.entries(here))];
    const text = places.reduce((line, [from, to]) => line.replaceAll(from, to), command);
    // typed answers need a terminal, which util-linux's `script` provides
    const [program, args] = typedAnswers ? ["script", ["-qec", text, "/dev/null"]] : ["sh", ["-c", text]];
    const child = spawn(program, args, {
      cwd: path.join(this.folder, step.folder ?? ""),
      env: this.env,
      detached: true,
      stdio: [typedAnswers ? "pipe" : "ignore", "pipe", "pipe"],
    });
    const answers = [...(typedAnswers ?? [])];
    let answered = 0;
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
        const asked = /(: |\[[Yy]\/[Nn]\] )$/.test(stripVTControlCharacters(output.slice(answered)));
        if (!asked || answers.length === 0) return;
        answered = output.length;
        child.stdin!.write(`${answers.shift()}\r`);
      });
    this.#running.push(child);
    const createError = (what: string) => new Error(`${command}\n${what}; it printed:\n${output.slice(-3000)}`);
    if (runsUntilStopped || keepsRunning) {
      const isReady = (): boolean => child.exitCode !== null || expectedOutput!.test(output);
      await eventually(isReady, { within: 60_000 }).catch(() => undefined);
      if (!expectedOutput!.test(output))
        throw createError(`it did not print ${expectedOutput} within a minute, or ended with ${child.exitCode}`);
      if (runsUntilStopped) await stopProcessGroup(child);
      return;
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      void stopProcessGroup(child);
    }, STEP_TIMEOUT);
    await once(child, "close");
    clearTimeout(timer);
    if (late) throw createError("it did not end within 5 minutes");
    if (child.exitCode !== exitCode) throw createError(`it ended with ${child.exitCode}, not with ${exitCode}`);
    if (expectedOutput && !expectedOutput.test(output)) throw createError(`it did not print ${expectedOutput}`);
  }

  /** Stops all running programs. */
  async stopPrograms(): Promise<void> {
    for (const child of this.#running.splice(0).reverse()) await stopProcessGroup(child);
  }

  async close(): Promise<void> {
    await this.stopPrograms();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Stops a process group with SIGINT, like Ctrl-C, and with SIGKILL after 30 s. */
async function stopProcessGroup(child: ChildProcess): Promise<void> {
  const sendSignal = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, signal);
    } catch {
      // ignores the error, because the process group has already ended
    }
  };
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  sendSignal("SIGINT");
  const timer = setTimeout(() => sendSignal("SIGKILL"), 30_000);
  await closed;
  clearTimeout(timer);
}
