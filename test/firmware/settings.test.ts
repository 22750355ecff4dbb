/** Tests that a board with an invalid setting starts, logs one line with the problem and the default value, and works. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicOf } from "../../contract/index.js";
import { LESSON_POLICY } from "../../server/src/decisions/policy.js";
import { brokerSettingsOf, type SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { startRig, type Rig } from "../support/rig.js";

/** The cases: a setting, its value, and the expected log line ("" for a valid value). */
const CASES: [key: string, value: unknown, line: string][] = [
  ["MQTT_HOST", "", ""],
  ["MQTT_HOST", null, "it is not text; using the default"],
  ["MQTT_HOST", {}, "it is not text; using the default"],
  ["MQTT_HOST", "a\u0000b", "it is not text; using the default"],
  ["MQTT_HOST", "mqtt://x", "mqtt://x is neither a name nor an address; using 127.0.0.1"],
  ["MQTT_HOST", "a b", "a b is neither a name nor an address; using 127.0.0.1"],
  ["MQTT_HOST", "user@host", "user@host is neither a name nor an address; using 127.0.0.1"],
  ["MQTT_TLS", "", ""],
  ["MQTT_TLS", 0, ""],
  ["MQTT_TLS", "maybe", "maybe is neither true nor false; using false"],
  ["MQTT_TLS", [true], "it is not text; using the default"],
  ["MQTT_USER", { a: 1 }, "it is not text; using the default"],
  ["MQTT_USER", 5, ""],
  ["MQTT_PWD", ["secret"], "it is not text; using the default"],
  ["MQTT_PWD", "x".repeat(190), ""],
  ["NL_KEEPALIVE", "", ""],
  ["NL_KEEPALIVE", 15, ""],
  ["NL_KEEPALIVE", 4, "4 is not a whole number from 5 to 1200; using 45"],
  ["NL_KEEPALIVE", "1201", "1201 is not a whole number from 5 to 1200; using 45"],
  ["NL_KEEPALIVE", 30.5, "30.5 is not a whole number from 5 to 1200; using 45"],
  ["NL_ID", [], "it is not text; using the default"],
  ["NL_ID", "$SYS/a", "an id cannot begin with $; using nightlight/"],
  ["NL_ID", "x".repeat(190), "an id has at most 96 characters; using nightlight/"],
  ["NL_RULE", "x", "the payload is not a JSON object; using the default rule"],
  ["NL_RULE", 5, "the payload is not a JSON object; using the default rule"],
  ["NL_RULE", [1, 2, 3], "the payload is not a JSON object; using the default rule"],
  ["NL_RULE", '{"threshold":1e9}', '"threshold" must be a number from 0 to 1023; using the default rule'],
  ["NL_REBOOTED", "x", "x is not a whole number from 0 to 2147483647; using 0"],
  ["NL_REBOOTED", -1, "-1 is not a whole number from 0 to 2147483647; using 0"],
];

/** Speed of some boards' clocks as a multiple of real time. A minute of such a board takes six seconds. */
const CLOCK_SPEED = 10;

/** Number of boards that start in parallel. */
const PARALLEL_BOARDS = 6;

describe("a board's settings", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({
      broker: "embedded",
      ids: [],
      server: {
        policy: { ...LESSON_POLICY, rule: { ...LESSON_POLICY.rule, threshold: 500 }, reporting: { alone_after: 1000 } },
      },
    });
  });
  afterAll(() => rig?.close());

  /**
   * Starts a board with one setting. Returns the lines that it logs until it is connected, and the number of crashes.
   */
  async function runWithSetting(key: string, value: unknown): Promise<{ lines: string[]; crashes: number }> {
    const lines: string[] = [];
    const settings = {
      ...brokerSettingsOf(rig.url),
      MQTT_USER: key === "MQTT_PWD" ? "porch" : undefined,
      [key]: value,
    };
    const board = rig.simulator.add({ id: `nightlight/${rig.simulator.boards.size}`, settings });
    board.on("log", (_level, text) => lines.push(text));
    await board.start();
    await eventually(() => lines.find((text) => text.startsWith("connected to ")), {
      within: 30_000,
      what: `a board with ${key}=${JSON.stringify(value)} to be connected, which said ${lines.join("; ")}`,
    });
    const { crashes } = board;
    await board.stop();
    return { lines, crashes };
  }

  it("that are invalid are logged once, without secrets, and replaced by the default", async () => {
    const said: [string, unknown, string[], number][] = [];
    for (let i = 0; i < CASES.length; i += PARALLEL_BOARDS) {
      const some = CASES.slice(i, i + PARALLEL_BOARDS);
      const ran = await Promise.all(some.map(([key, value]) => runWithSetting(key, value)));
      for (const [k, { lines, crashes }] of ran.entries()) {
        expect(lines.join("\n")).not.toContain("secret");
        const named = lines.filter((text) => text.startsWith("setting "));
        said.push([some[k][0], some[k][1], named.map((text) => text.replace(/(nightlight\/)[0-9a-f]{6}$/, "$1")), crashes]); // prettier-ignore
      }
    }
    const expected = CASES.map(([key, value, line]) => [key, value, line ? [`setting ${key}: ${line}`] : [], 0]);
    expect(said).toEqual(expected);
  }, 120_000);

  it("with an invalid port are logged, and the board keeps connecting to the default port", async () => {
    const lines: string[] = [];
    for (const [i, port] of [0, -1, 1.5, 65536, "abc", "01883", {}, true].entries()) {
      const board = rig.simulator.add({ id: `port-${i}`, settings: { MQTT_HOST: "127.0.0.1", MQTT_PORT: port } });
      board.on("log", (_level, text) => text.startsWith("setting MQTT_PORT: ") && lines.push(text));
      await board.start();
      await eventually(() => lines.length > i, {
        within: 15_000,
        what: `a line about the port ${JSON.stringify(port)}`,
      });
      expect(board.crashes).toBe(0);
      await board.stop();
    }
    expect(lines.filter((line) => !/; using (1883|the default)$/.test(line))).toEqual([]);
  }, 60_000);

  /**
   * Starts a board with a fast clock. Returns the board, and a counter of its writes to flash memory after the start.
   */
  async function startFastBoard(id: string): Promise<{ board: SimulatedBoard; flash: { writes: number } }> {
    const board = rig.simulator.add({ id, speed: CLOCK_SPEED, settings: brokerSettingsOf(rig.url) });
    const flash = { writes: 0 };
    await board.start();
    board.on("flash", () => flash.writes++);
    await eventually(() => rig.seen.some(({ topic }) => topic === topicOf(id, "config")), {
      within: 15_000,
      what: "the configuration",
    });
    return { board, flash };
  }

  it("survive a restart, including a stable rule from the server, which the board then applies without a server", async () => {
    const id = "nightlight/kept";
    const { board, flash } = await startFastBoard(id);
    board.setLight(450);
    // A light of 450 is dark by the server's rule and bright by the default rule.
    await eventually(() => board.lamp, { within: 15_000, what: "the lamp" });
    await eventually(() => flash.writes > 0, { within: 60_000, what: "the rule in flash" });
    board.network.cut();
    await board.restart();
    expect(board.lamp).toBe(false);
    await eventually(() => board.lamp, { within: 15_000, what: "the lamp, as the board decides alone" });
    board.network.heal();
    const isOnline = () => rig.server.devices.get(id)?.online && rig.server.devices.get(id)?.decided_by === "server";
    await eventually(isOnline, { within: 15_000, what: `${id} to be back by its name` });
    expect(board.crashes).toBe(0);
  }, 120_000);

  it("do not include a rule that changes often: it is written once, when it was the same for a minute", async () => {
    const { board, flash } = await startFastBoard("nightlight/changing");
    let changed = 0;
    for (let threshold = 401; threshold <= 406; threshold++) {
      await rig.observer.publishAsync(`${board.id}/config`, JSON.stringify({ threshold }), { qos: 1 });
      changed = performance.now();
      await sleep(20_000 / CLOCK_SPEED);
    }
    expect(flash.writes).toBe(0);
    await eventually(() => flash.writes > 0, { within: 60_000, what: "the rule in flash" });
    expect(performance.now() - changed).toBeGreaterThan(50_000 / CLOCK_SPEED);
    board.network.cut();
    board.setLight(405);
    await board.restart();
    await eventually(() => board.lamp, { within: 15_000, what: "the lamp by the last rule" });
    await rig.simulator.remove(board.id);
  }, 120_000);
});
