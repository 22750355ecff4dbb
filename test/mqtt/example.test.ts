/** Tests the first program in the README of packages/devicescript-mqtt. */
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { ScriptedBroker } from "./support/scripted-broker.js";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

const PACKAGE = "packages/devicescript-mqtt";

/** Returns a project with the page's first program and the package in node_modules. */
function project(): Record<string, string> {
  const [, example] = read(`${PACKAGE}/README.md`).split(/^```ts\r?\n([^]*?)^```\r?$/m);
  const files = ["package.json", ...readdirSync(new URL(`${PACKAGE}/src`, ROOT)).map((file) => `src/${file}`)];
  const installed = files.map((file) => [`node_modules/devicescript-mqtt/${file}`, read(`${PACKAGE}/${file}`)]);
  return { "src/main.ts": example, ...Object.fromEntries(installed) };
}

let broker: ScriptedBroker | undefined;
let board: SimulatedBoard | undefined;
afterEach(async () => {
  await board?.stop();
  await broker?.close();
});

it("the first program in the package's README compiles with the package alone, and works as described", async () => {
  const log: string[] = [];
  broker = await ScriptedBroker.start();
  const settings = { MQTT_HOST: "127.0.0.1", MQTT_PORT: broker.port };
  board = new SimulatedBoard({ id: "kitchen", bytecode: await compile(project()), settings });
  board.on("log", (_level, line) => log.push(line));
  await board.start();

  const { packets } = broker;
  const online = () => packets.find((packet) => packet.cmd === "publish");
  await eventually(online, { within: 10_000, what: "the program to say that it is there" });
  expect(online()).toMatchObject({ topic: "kitchen/online", qos: 1, retain: true });
  expect(broker.packetsOfType("publish")[0].payload.toString()).toBe("yes");
  const { will } = broker.packetsOfType("connect")[0];
  expect(will).toMatchObject({ topic: "kitchen/online", qos: 1, retain: true });
  expect(will?.payload.toString()).toBe("no");

  broker.publish("kitchen/lamp/set", "on", 1);
  await eventually(() => log.includes("kitchen/lamp/set: on"), { what: "the message to be printed" });
  expect(board.crashes).toBe(0);
});
