// A nightlight server and broker on Aedes, with its data on disk. Usage: node aedes-level.mjs <port> <folder>
import { createServer } from "node:net";
import { Aedes } from "aedes";
import AsyncLevelPersistence from "aedes-persistence-level/asyncPersistence.js";
import { ClassicLevel } from "classic-level";

const [port, folder] = process.argv.slice(2);
const level = new ClassicLevel(folder, { valueEncoding: "buffer" });
const aedes = await Aedes.createBroker({ persistence: new AsyncLevelPersistence(level) });
aedes.on("publish", ({ topic, payload }, client) => {
  if (!client || !topic.endsWith("/telemetry")) return;
  const { light } = JSON.parse(payload.toString());
  const commands = topic.replace(/telemetry$/, "commands");
  // retains the command, as our server does, so that a reconnecting board receives its lamp's state
  aedes.publish({ topic: commands, payload: JSON.stringify({ led_on: light < 300 }), qos: 1, retain: true }, () => {});
});
createServer({ noDelay: true }, aedes.handle).listen(Number(port), "127.0.0.1");
