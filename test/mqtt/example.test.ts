/** Tests the first program in the README of packages/devicescript-mqtt. */
import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { readMqttPackage } from "../support/mqtt-package.js";
import { ScriptedBroker } from "./support/scripted-broker.js";

const README = new URL("../../packages/devicescript-mqtt/README.md", import.meta.url);

/** Returns the files of a project with the README's first program, and with the package in node_modules. */
function createExampleProject(): Record<string, string> {
  const [, example] = readFileSync(README, "utf8").split(/^```ts\r?\n([^]*?)^```\r?$/m);
  return { "src/main.ts": example, ...readMqttPackage() };
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
  board = new SimulatedBoard({ id: "kitchen", bytecode: await compile(createExampleProject()), settings });
  board.on("log", (_level, line) => log.push(line));
  await board.start();

  const { packets } = broker;
  const findOnlineMessage = () => packets.find((packet) => packet.cmd === "publish");
  await eventually(findOnlineMessage, { within: 10_000, what: "the program to say that it is there" });
  expect(findOnlineMessage()).toMatchObject({ topic: "kitchen/online", qos: 1, retain: true });
  expect(broker.packetsOfType("publish")[0].payload.toString()).toBe("yes");
  const { will } = broker.packetsOfType("connect")[0];
  expect(will).toMatchObject({ topic: "kitchen/online", qos: 1, retain: true });
  expect(will?.payload.toString()).toBe("no");

  broker.publish("kitchen/lamp/set", "on", 1);
  await eventually(() => log.includes("kitchen/lamp/set: on"), { what: "the message to be printed" });
  expect(board.crashes).toBe(0);
});
