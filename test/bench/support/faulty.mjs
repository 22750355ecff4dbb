// A broker and nightlight server with one fault: `lies` sends wrong commands, `drops` sends none, `repeats` sends commands
// twice, and `dies` exits. Usage: node faulty.mjs <port> <fault>
import { createServer } from "node:net";
import { Aedes } from "aedes";

const port = Number(process.argv[2]);
const fault = process.argv[3];
const aedes = await Aedes.createBroker();
let count = 0;
aedes.on("publish", ({ topic, payload }, client) => {
  if (!client || !topic.endsWith("/telemetry")) return;
  const isFaulty = ++count % 50 === 0;
  if (fault === "dies" && count === 60) process.exit(3);
  if (fault === "drops" && isFaulty) return;
  const { light } = JSON.parse(payload.toString());
  const led_on = fault === "lies" && isFaulty ? light >= 300 : light < 300;
  const answer = { topic: topic.replace(/telemetry$/, "commands"), payload: JSON.stringify({ led_on }), qos: 0 };
  aedes.publish(answer, () => {});
  if (fault === "repeats" && isFaulty) aedes.publish(answer, () => {});
});
createServer({ noDelay: true }, aedes.handle).listen(port, "127.0.0.1");
