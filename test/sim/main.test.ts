import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { useTestServers } from "./support.js";

const startTestServer = useTestServers();
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TSX = createRequire(import.meta.url).resolve("tsx/cli");

function startSim(...args: string[]) {
  const child = spawn(process.execPath, [TSX, "--conditions=nightlight-source", "sim/main.ts", ...args], { cwd: ROOT });
  const run = { child, output: "", code: undefined as number | null | undefined };
  child.stdout.on("data", (data: Buffer) => (run.output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (run.output += data.toString()));
  child.on("close", (code) => (run.code = code));
  return run;
}

const waitForEnd = (run: ReturnType<typeof startSim>, within = 20_000) =>
  eventually(() => run.code !== undefined, { within, what: "npm run sim to end" });

describe.concurrent("npm run sim", () => {
  it.each([
    [["--boards", "0"], 2, "whole number from 1 to 64"],
    [["--trace", "no-such-file.csv"], 1, "no-such-file.csv cannot be read"],
  ])("exits with code %i and a reason: %j", async (args, code, reason) => {
    const run = startSim(...args);
    await waitForEnd(run);
    expect(run.output).toContain(reason);
    expect(run.output).not.toContain("    at ");
    expect(run.code).toBe(code);
  });

  it("connects the requested boards to the broker, and ends within 2 s", async () => {
    const broker = await startTestServer();
    const run = startSim("--broker", `mqtt://127.0.0.1:${broker.port}`, "--id", "home/hall", "--id", "home/porch");
    await eventually(
      () => ["home/hall", "home/porch"].every((id) => broker.connections.some(({ text }) => text.includes(id))),
      {
        within: 20_000,
        what: "both boards to connect",
      },
    );
    // the threads of the boards connect, while the main thread prints
    await eventually(() => /home\/hall.*started/.test(run.output), { what: "the line about the start" });
    run.child.kill("SIGTERM");
    await waitForEnd(run, 2000);
  });
});
