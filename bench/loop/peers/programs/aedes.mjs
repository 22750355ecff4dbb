// A nightlight server and broker in fifteen lines on Aedes. Usage: node aedes.mjs <port> <qos> [contract]
// With "contract", commands are retained at QoS 1.
import { createServer } from "node:net";
import { Aedes } from "aedes";

const [port, qos] = process.argv.slice(2).map(Number);
const retain = process.argv[4] === "contract";
const publishOptions = { qos: retain ? 1 : qos, retain };
const aedes = await Aedes.createBroker();
aedes.on("publish", ({ topic, payload }, client) => {
  if (!client || !topic.endsWith("/telemetry")) return;
  const { light } = JSON.parse(payload.toString());
  const commands = topic.replace(/telemetry$/, "commands");
  aedes.publish({ topic: commands, payload: JSON.stringify({ led_on: light < 300 }), ...publishOptions }, () => {});
});
createServer({ noDelay: true }, aedes.handle).listen(port, "127.0.0.1");
