import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { chooseDefaultConnections } from "../../../sim/fleet/options.js";
import type { Summary } from "../../../sim/fleet/meter.js";
import { CAN_MEASURE_PROCESSES } from "../../../sim/fleet/processes.js";
import { eventually } from "../../support/eventually.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

function startFleetProgram(...args: string[]) {
  const loader = ["--import", "tsx", "--conditions=nightlight-source"];
  const child = spawn(process.execPath, [...loader, "sim/fleet/main.ts", ...args], { cwd: ROOT });
  const run = { child, out: "", said: "", code: undefined as number | null | undefined };
  child.stdout.on("data", (data: Buffer) => (run.out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (run.said += data.toString()));
  child.on("close", (code) => (run.code = code));
  return run;
}

const waitForEnd = (run: ReturnType<typeof startFleetProgram>) =>
  eventually(() => run.code !== undefined, { within: 100_000, what: "npm run fleet to end" });

describe("npm run fleet", () => {
  it("measures this machine with its own server, and prints JSON with exit code 0", { timeout: 120_000 }, async () => {
    const run = startFleetProgram(
      "--devices",
      "200",
      "--rate",
      "100",
      "--day",
      "60",
      "--seconds",
      "3",
      "--vms",
      "1",
      "--json",
    );
    await waitForEnd(run);
    expect(run.said).toContain("200 devices are connected.");
    const summary = JSON.parse(run.out) as Summary;
    expect(summary).toMatchObject({
      devices: 200,
      connections: 200,
      wrong: 0,
      lamps_wrong: 0,
      missing: 0,
      boards: 1,
    });
    expect(summary.sent).toBeGreaterThan(100);
    expect(summary.reaction.p50).toBeGreaterThan(0);
    if (CAN_MEASURE_PROCESSES) {
      expect(summary.processes.map(({ name }) => name)).toEqual(["server", "fleet and boards"]);
      for (const { cpu, memory } of summary.processes) expect(Math.min(cpu, memory)).toBeGreaterThan(0);
    }
    expect(run.code).toBe(0);
  });

  it("prints its summary and ends on Ctrl+C", { timeout: 120_000 }, async () => {
    const run = startFleetProgram("--devices", "50", "--seconds", "0");
    await eventually(() => /\d s · sent/.test(run.out), { within: 100_000, what: "the first second" });
    run.child.kill("SIGINT");
    await waitForEnd(run);
    expect(run.out).toMatch(/50 devices on 50 connections, measured for \d+ s/);
    expect(run.code).toBe(0);
  });

  it("ends its server as well, even when npm run fleet is killed", { timeout: 120_000 }, async () => {
    const run = startFleetProgram("--devices", "1", "--seconds", "0");
    await eventually(() => /\d s · sent/.test(run.out), { within: 100_000, what: "the first second" });
    const port = Number(/mqtt:\/\/127\.0\.0\.1:(\d+)/.exec(run.out)?.[1]);
    const socket = net
      .connect(port, "127.0.0.1")
      .on("error", () => {})
      .resume();
    await once(socket, "connect");
    run.child.kill("SIGKILL");
    // waits up to 9 s, because a running server closes a connection without CONNECT after 10 s
    await eventually(() => socket.destroyed, { within: 3000, what: "the server to end" });
  });

  it.each([
    [["--devices", "0"], "whole number from 1"],
    [["--devices", "5", "--connections", "6"], "6 connections are more than 5 devices"],
    [["--broker", "http://localhost"], "is not a broker's address"],
    [["--broker", "ws://localhost", "--vms", "1"], "leave out --vms"],
    [["--prefix", "a/#"], "an id cannot contain # or +"],
  ])("explains the mistake in %j", async (args, reason) => {
    const run = startFleetProgram(...args);
    await waitForEnd(run);
    expect(run.said).toContain(reason);
    expect(run.code).toBe(2);
  });

  it("opens as few connections as the server's limits allow", () => {
    expect(chooseDefaultConnections(10, true)).toBe(10);
    expect(chooseDefaultConnections(20_000, true)).toBe(1000);
    expect(chooseDefaultConnections(100_000, true)).toBe(2000);
    expect(chooseDefaultConnections(100_000, false)).toBe(1000);
  });
});
