/** Tests the example program of docs/reference/mqtt-client.md. */
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { ScriptedBroker } from "./support/scripted-broker.js";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/** Returns a project with only the page's program and a copy of `src/mqtt/`. */
function project(): Record<string, string> {
  const [, example, ...more] = read("docs/reference/mqtt-client.md").split(/^```ts\r?\n([^]*?)^```\r?$/m);
  expect(more.length, "the page shows one program").toBe(1);
  const client = readdirSync(new URL("src/mqtt", ROOT)).map((file) => `src/mqtt/${file}`);
  return { "src/main.ts": example, ...Object.fromEntries(client.map((path) => [path, read(path)])) };
}

let broker: ScriptedBroker | undefined;
let board: SimulatedBoard | undefined;
afterEach(async () => {
  await board?.stop();
  await broker?.close();
});

it("the example of docs/reference/mqtt-client.md compiles with only a copy of src/mqtt, and works as described", async () => {
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
