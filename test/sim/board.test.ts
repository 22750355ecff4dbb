import { beforeAll, describe, expect, it } from "vitest";
import type { Firmware } from "../../sim/firmware.js";
import { eventually } from "../support/eventually.js";
import { compile, compileWithDebugInfo } from "../support/firmware.js";
import { FOLLOW_LIGHT_PROGRAM, CRASHING_PROGRAM, PRINT_SETTINGS_PROGRAM, SUBSCRIBE_PROGRAM } from "./programs.js";
import { useBoards } from "./support.js";

const createBoard = useBoards();

// runs the tests concurrently, because they mostly wait
describe.concurrent("a simulated board", () => {
  let follow: Uint8Array;
  let subscribe: Uint8Array;
  let settings: Uint8Array;
  let fragile: Firmware;

  beforeAll(async () => {
    follow = await compile(FOLLOW_LIGHT_PROGRAM);
    subscribe = await compile(SUBSCRIBE_PROGRAM);
    settings = await compile(PRINT_SETTINGS_PROGRAM);
    fragile = await compileWithDebugInfo(CRASHING_PROGRAM);
  });

  it("reads exactly the light that is set, over the whole scale", async () => {
    const board = createBoard({ bytecode: subscribe });
    await board.start();
    for (const light of [0, 1, 299, 300, 301, 511, 512, 1022, 1023]) {
      board.setLight(light);
      await eventually(() => board.output.at(-1) === `light ${light}`, { what: `the program to read ${light}` });
    }
  });

  it("shows the program's lamp within a second of the light", async () => {
    const board = createBoard({ bytecode: follow });
    await board.start();
    expect(board.lamp).toBe(false);
    board.setLight(299);
    await eventually(() => board.lamp, { within: 1000, what: "the lamp to go on" });
    expect(board.intensity).toBeGreaterThan(0.99);
    board.setLight(300);
    await eventually(() => !board.lamp, { within: 1000, what: "the lamp to go off" });
  });

  it("keeps a light set by a user until the user releases it", async () => {
    let now = 700;
    const board = createBoard({ bytecode: follow, light: () => now });
    await board.start();
    board.setLight(10);
    expect(board).toMatchObject({ light: 10, isLightHeld: true });
    now = 800;
    board.setLight(null);
    expect(board).toMatchObject({ light: 800, isLightHeld: false });
    now = 900;
    await eventually(() => board.light === 900, { what: "the light to follow its source" });
  });

  it.each([-1, 1024, Number.NaN])("refuses the light %s", (light) => {
    const board = createBoard({ bytecode: follow });
    expect(() => board.setLight(light)).toThrow("from 0 to 1023");
  });

  it("receives its settings in the same form as from a deploy", async () => {
    const board = createBoard({
      bytecode: settings,
      settings: {
        MQTT_HOST: "127.0.0.1",
        MQTT_PORT: 1883,
        MQTT_TLS: false,
        NL_ID: "a/b",
        WIFI_SSID: "home",
        GONE: undefined,
      },
    });
    await board.start();
    await eventually(() => board.output.includes("starts=1"), { what: "the settings" });
    expect(board.output).toEqual([
      'MQTT_HOST="127.0.0.1"',
      "MQTT_PORT=1883",
      "MQTT_TLS=false",
      'NL_ID="a/b"',
      'WIFI_SSID="missing"',
      'GONE="missing"',
      "starts=1",
    ]);
  });

  it("refuses a setting that would crash its virtual machine", () => {
    const long = { MQTT_PWD: "x".repeat(230) };
    expect(() => createBoard({ bytecode: settings, settings: long })).toThrow(
      "MQTT_PWD has 232 bytes, but a board accepts at most 200",
    );
  });

  it("refuses an uptime that its clock cannot have", () => {
    for (const uptime of [-1, NaN, 1e12])
      expect(() => createBoard({ bytecode: settings, uptime })).toThrow("The uptime of a board is 0 to 8640000000 ms");
  });

  it("starts its clock at its uptime when it is first switched on, and at 0 later", async () => {
    const bytecode = await compile(
      'import { millis } from "@devicescript/core"\nconsole.log("clock " + Math.floor(millis() / 1000))',
    );
    const board = createBoard({ bytecode, uptime: 5_000_000_000 });
    await board.start();
    await eventually(() => board.output.length >= 1, { what: "the clock" });
    await board.restart();
    await eventually(() => board.output.length >= 2, { what: "the clock after a power cut" });
    const [first, second] = board.output.map((line) => Number(line.split(" ")[1]));
    expect([first - 5_000_000, second].map((late) => late >= 0 && late < 60)).toEqual([true, true]);
  });

  it("keeps the contents of its flash memory after a power cut", async () => {
    const board = createBoard({ bytecode: settings, settings: { NL_ID: "kept" } });
    await board.start();
    await eventually(() => board.output.includes("starts=1"), { what: "the first start" });
    await board.restart();
    await eventually(() => board.output.includes("starts=2"), { what: "the second start" });
    await board.kill();
    expect(board).toMatchObject({ running: false, crashes: 0 });
    await board.start();
    await eventually(() => board.output.includes("starts=3"), { what: "the third start" });
    expect(board.output.filter((line) => line === 'NL_ID="kept"')).toHaveLength(3);
  });

  it("switches its lamp off and sends nothing without power", async () => {
    const board = createBoard({ bytecode: follow, light: () => 0 });
    await board.start();
    await eventually(() => board.lamp, { what: "the lamp to go on" });
    await board.kill();
    expect(board).toMatchObject({ running: false, lamp: false, intensity: 0 });
  });

  it("reports an uncaught exception with its source position, and restarts with its settings", async () => {
    const board = createBoard({ ...fragile, settings: { HOW: "throw" } });
    await board.start();
    board.setLight(0);
    await eventually(() => board.output.includes("starts=2"), { within: 15_000, what: "the program to run again" });
    expect(board.crashes).toBe(1);
    expect(board.crashReasons).toEqual([
      expect.stringMatching(/message: the lamp is gone; at main_F0 \(src\/main\.ts:\d+\)$/),
    ]);
    const line = Number(/:(\d+)\)$/.exec(board.crashReasons[0])?.[1]);
    expect(CRASHING_PROGRAM.split("\n")[line - 1]).toContain("throw new Error");
  });

  it("reports that the program ran out of memory, and restarts it", async () => {
    const board = createBoard({ ...fragile, settings: { HOW: "memory" } });
    await board.start();
    board.setLight(0);
    await eventually(() => board.output.includes("starts=2"), { within: 15_000, what: "the program to run again" });
    expect(board.crashReasons).toEqual([expect.stringContaining("OutOfMemory")]);
  });

  it.each([
    ["reset", "the board was reset by its program"],
    ["restart", "the program asked for a restart"],
  ])("does not report a crash when its program requests a %s", async (how, reason) => {
    const board = createBoard({ ...fragile, settings: { HOW: how } });
    await board.start();
    board.setLight(0);
    await eventually(() => board.output.includes("starts=2"), { what: "the program to run again" });
    expect(board.reboots).toEqual([reason]);
    await eventually(() => board.lamp, { what: "the program to light its lamp again" });
    expect(board).toMatchObject({ crashes: 0, running: true });
  });

  it("refuses a file that is not a program image", async () => {
    const board = createBoard({ bytecode: follow.slice(0, 64) });
    await expect(board.start()).rejects.toThrow("cannot run its image");
    expect(board.running).toBe(false);
  });

  it("repeats a deploy that a power cut interrupted", async () => {
    const board = createBoard({ bytecode: settings, settings: { NL_ID: "whole" } });
    const cut = new Promise<void>((resolve) => {
      board.on("log", (_level, text) => text.startsWith("mgr: deploy") && resolve(board.kill()));
    });
    await expect(board.start()).rejects.toThrow("switched off");
    await cut;
    board.removeAllListeners("log");
    board.on("log", (_level, text) => board.output.push(text));
    await board.start();
    await eventually(() => board.output.includes('NL_ID="whole"'), { what: "the settings" });
  });

  it("stops starting when the power is cut", async () => {
    const board = createBoard({ bytecode: follow });
    const start = board.start();
    const failed = expect(start).rejects.toThrow("switched off");
    await board.kill();
    await failed;
    await board.start();
    expect(board.running).toBe(true);
  });
});
