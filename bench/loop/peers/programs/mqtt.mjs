// A nightlight server in fifteen lines on MQTT.js. Usage: node mqtt.mjs <port> <qos>
import mqtt from "mqtt";

const [port, qos] = process.argv.slice(2).map(Number);
const client = mqtt.connect({ host: "127.0.0.1", port });
client.on("connect", () => {
  // sets TCP_NODELAY, because Nagle's algorithm would delay small packets
  client.stream.setNoDelay(true);
  client.subscribe("nightlight/+/telemetry", { qos });
});
client.on("message", (topic, payload) => {
  const { light } = JSON.parse(payload.toString());
  const commands = topic.replace(/telemetry$/, "commands");
  client.publish(commands, JSON.stringify({ led_on: light < 300 }), { qos });
});
