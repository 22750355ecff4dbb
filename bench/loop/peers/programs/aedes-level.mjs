// The nightlight's broker and server on aedes, with its data on disk: node aedes-level.mjs <port> <folder>
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
  // as ours: a board that was away finds the state of its lamp
  aedes.publish({ topic: commands, payload: JSON.stringify({ led_on: light < 300 }), qos: 1, retain: true }, () => {});
});
createServer({ noDelay: true }, aedes.handle).listen(Number(port), "127.0.0.1");
