/** Tests signals during the start, also for process 1 of a container, for which signals have no default action. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { eventually } from "../support/eventually.js";
import { isMissing } from "../support/programs.js";
import { startServerProgram } from "./support/program.js";
import { createTemporaryFolder } from "./support/server.js";

const NAMESPACE_FLAGS = ["--pid", "--fork", "--kill-child", "--mount-proc"];
const UNSHARE = spawnSync("unshare", [...NAMESPACE_FLAGS, "true"]).status === 0 ? "unshare" : undefined;
const SERVER_MAIN = fileURLToPath(new URL("../../server/dist/server/src/main.js", import.meta.url));

/** Returns the bit mask of the signals that a process catches; bit n - 1 stands for signal n. */
const readCaughtSignals = (pid: number): bigint => BigInt(`0x${/SigCgt:\s*(\w+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]}`); // prettier-ignore
/** The bit of SIGHUP, which the server catches last. Node.js itself catches SIGINT and SIGTERM from its start. */
const SIGHUP_BIT = 1n;

describe.skipIf(isMissing(UNSHARE, "the right to make a PID namespace (unshare)"))("as process 1", () => {
  test.each([
    ["SIGTERM", 0], ["SIGTERM", 300], ["SIGTERM", 1000], ["SIGINT", 100],
  ] as const)("%s ends a server that is starting, %i ms after it began to catch signals, with exit code 0", async (signal, after) => {
    const args = ["--data", await createTemporaryFolder(), "--mqtt-port", "0", "--http-port", "0"];
    const outer = spawn(UNSHARE!, [...NAMESPACE_FLAGS, process.execPath, SERVER_MAIN, ...args], { cwd: ROOT, stdio: "ignore" });
    onTestFinished(() => void outer.kill("SIGKILL"));
    const inner = await eventually(() => Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, "utf8")));
    await eventually(() => (readCaughtSignals(inner) & SIGHUP_BIT) !== 0n, { what: "the server to catch signals", every: 1 });
    await sleep(after);
    process.kill(inner, signal);
    const [code] = await once(outer, "exit");
    expect(code).toBe(0);
  }); // prettier-ignore
});

describe.skipIf(process.platform !== "linux")("during the start", () => {
  test("SIGHUP does not end the server, which reloads its configuration as soon as it runs", async () => {
    const data = await createTemporaryFolder();
    const program = startServerProgram(["--data", data, "--mqtt-port", "0", "--http-port", "0", "--log", "json"]);
    await eventually(() => (readCaughtSignals(program.child.pid!) & SIGHUP_BIT) !== 0n, {
      what: "the server to catch SIGHUP",
      every: 1,
    });
    program.child.kill("SIGHUP");
    await program.waitForAddresses();
    await eventually(() => program.output.out.includes("Configuration reloaded"), { what: "the configuration" });
  });

  test("SIGTERM ends npm start with exit code 0", async () => {
    const flags = ["--no-simulator", "--mqtt-port", "0", "--http-port", "0", "--data", await createTemporaryFolder()];
    const command = ["--conditions=nightlight-source", "--import", "tsx", "scripts/start.ts", ...flags];
    const child = spawn(process.execPath, command, { cwd: ROOT, stdio: "ignore" });
    onTestFinished(() => void child.kill("SIGKILL"));
    await eventually(() => (readCaughtSignals(child.pid!) & SIGHUP_BIT) !== 0n, {
      what: "the server to catch signals",
      every: 1,
    });
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
