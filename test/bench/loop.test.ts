import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { measureLoop, formatResults } from "../../bench/loop/index.js";
import { type Workload, measurePeer } from "../../bench/loop/measure.js";
import { minimalAedesServer } from "../../bench/loop/peers/node.js";
import type { Peer } from "../../bench/loop/peers/peer.js";
import { measureInRounds } from "../../bench/loop/rounds.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FAULTY_SERVER = fileURLToPath(new URL("support/faulty.mjs", import.meta.url));

const WORKLOAD: Workload = {
  brokerKind: "embedded",
  qos: 0,
  devices: 20,
  connections: 5,
  outstanding: 20,
  switchEvery: 1,
  warmUp: 0.2,
  warmUpCycles: 0,
  seconds: 1,
};

/** Returns a server for the benchmark that has one fault and otherwise works. */
const createFaultyPeer = (fault: string): Peer => ({
  name: fault,
  title: `one that ${fault}`,
  brokerKinds: ["embedded"],
  payloadFormat: "lesson",
  findInstallHint: async () => undefined,
  createStartCommand: async ({ port }) => ({ command: process.execPath, args: [FAULTY_SERVER, String(port), fault] }),
});

describe("the loop benchmark", () => {
  test("measures a server that answers every reading, in closed loop, in open loop and with new devices", async () => {
    for (const how of [{}, { rate: 500 }, { cold: true }]) {
      const { problem, ...figures } = await measurePeer(minimalAedesServer, { ...WORKLOAD, qos: 1, ...how });
      expect(problem).toBeUndefined();
      expect(figures.rate).toBeGreaterThan(0);
      expect(figures.p50).toBeGreaterThan(0);
      expect(figures.p99).toBeGreaterThanOrEqual(figures.p50);
      if (process.platform === "linux") {
        expect(figures.serverCpu).toBeGreaterThan(0);
        expect(figures.serverMemory).toBeGreaterThan(10);
      }
    }
  }, 60_000);

  test.each([
    ["lies", /^\d+ wrong answers/],
    ["drops", /\d+ readings without an answer/],
    ["repeats", /answers to nothing|wrong answers/],
    ["dies", /ended with exit code 3/],
  ])(
    "reports that a server %s, and does not measure it",
    async (fault, problem) => {
      const scenario = { title: "a scenario", workload: WORKLOAD };
      const outcomes = await measureInRounds([scenario], [createFaultyPeer(fault)], 1, {
        beforeMeasurement() {},
        afterMeasurement() {},
      });
      expect(outcomes[0].results[0].rounds[0].problem).toMatch(problem);
      expect(formatResults({ outcomes, missing: [] })).toContain(`| one that ${fault} | not counted: `);
    },
    60_000,
  );

  test("names a server that is not installed, and how to install it", async () => {
    const absent = {
      ...createFaultyPeer("none"),
      title: "the absent",
      findInstallHint: async () => "apt-get install it",
    };
    const { warmUp, warmUpCycles, seconds, switchEvery } = WORKLOAD;
    const choice = {
      brokerKinds: ["embedded"],
      qos: [0],
      many: false,
      closed: true,
      open: false,
      cold: false,
      rate: 1,
    } as const;
    const said: string[] = [];
    const outcome = await measureLoop(
      { ...choice, warmUp, warmUpCycles, seconds, switchEvery, rounds: 1, peers: [absent] },
      (text) => said.push(text),
    );
    expect(said).toEqual(["Skipped (not installed): the absent: apt-get install it"]);
    expect(formatResults(outcome)).toBe("Missing: the absent: apt-get install it.");
  });

  test("explains why a server does not start", async () => {
    const { problem } = await measurePeer(
      { ...createFaultyPeer("none"), createStartCommand: async () => ({ command: process.execPath, args: ["-e", "throw new Error('no luck')"] }) }, // prettier-ignore
      WORKLOAD,
    );
    expect(problem).toContain("no luck");
  });

  test("npm run bench prints tables that compare our server with another one", async () => {
    const flags = "--quick --broker embedded --connections 10 --qos 0 --peers ours,ours-full,aedes".split(" ");
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "--conditions=nightlight-source", "bench/main.ts", ...flags],
      { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
    );
    const [out, progress, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    expect(code, progress).toBe(0);
    expect(progress).toMatch(/3\/3 embedded broker, QoS 0/);
    expect(out).toContain("### embedded broker, QoS 0, closed loop, 100 devices on 10 connections");
    for (const title of ["nightlight-server", "nightlight-server, `boot` and `seq`", "bare server with `aedes`"])
      expect(out, progress).toMatch(new RegExp(`^\\| ${title} \\| [\\d,]+ \\| 0 % \\|`, "m"));
  }, 240_000);

  test("npm run bench explains a wrong command line and lists the allowed values", async () => {
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "--conditions=nightlight-source", "bench/main.ts", "--peers", "nobody"],
      { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] },
    );
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect(code).not.toBe(0);
    expect(said).toContain('"nobody" is not one of ours, ours-full, ours-json, mqtt');
  });
});
