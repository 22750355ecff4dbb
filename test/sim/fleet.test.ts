import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { Simulator } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { FOLLOW_LIGHT_PROGRAM, TCP_CLIENT_PROGRAM } from "./programs.js";
import { useTestServers } from "./support.js";

const startTestServer = useTestServers();

describe("many boards", () => {
  it("run independently, twenty at a time", { timeout: 60_000 }, async () => {
    const simulator = new Simulator({ bytecode: await compile(FOLLOW_LIGHT_PROGRAM) });
    try {
      const boards = Array.from({ length: 20 }, (_, i) => simulator.add({ id: `nightlight/${i}` }));
      await Promise.all(boards.map((board) => board.start()));
      for (const dark of [0, 1]) {
        for (const [i, board] of boards.entries()) board.setLight(i % 2 === dark ? 100 : 900);
        await eventually(() => boards.every((board, i) => board.lamp === (i % 2 === dark)), {
          within: 10_000,
          what: "each lamp to follow its own light",
        });
      }
      expect(boards.map((board) => board.crashes)).toEqual(boards.map(() => 0));
      await simulator.remove("nightlight/7");
      expect(simulator.boards.size).toBe(19);
      expect(boards.filter((board) => board.running)).toHaveLength(19);
    } finally {
      await simulator.close();
    }
    expect(simulator.boards.size).toBe(0);
  });

  it("have different ids", async () => {
    const simulator = new Simulator({ bytecode: await compile(FOLLOW_LIGHT_PROGRAM) });
    simulator.add({ id: "a" });
    expect(() => simulator.add({ id: "a" })).toThrow("There is a board a already.");
  });

  it("end together with their parent process, even when it is killed", { timeout: 60_000 }, async () => {
    await compile(TCP_CLIENT_PROGRAM);
    const host = await startTestServer();
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
    const script = fileURLToPath(new URL("./parent.ts", import.meta.url));
    const parent = spawn(process.execPath, ["--import", tsx, script, String(host.port)], { stdio: "inherit" });
    try {
      await eventually(() => host.connections.filter(({ text }) => text).length === 2, {
        within: 30_000,
        what: "two boards to connect",
      });
    } finally {
      parent.kill("SIGKILL");
    }
    await eventually(() => host.connections.every(({ endedBy }) => endedBy), { what: "the connections to end" });
    // expects no reconnect within 1.5 s; a running board would reconnect within 200 ms
    await expect(eventually(() => host.connections.length > 2, { within: 1500 })).rejects.toThrow("gave up");
  });
});
