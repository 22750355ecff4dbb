/** Tests that a board that lost its session in a power cut does not lose new messages at a broker that kept the session. */
import { once } from "node:events";
import net from "node:net";
import mqttPacket, { type Packet } from "mqtt-packet";
import mqtt from "mqtt";
import { describe, expect, it } from "vitest";
import { MqttClient } from "../../packages/devicescript-mqtt/src/client.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { createNodeNetwork } from "./support/node-network.js";

const MESSAGE_COUNT = 15;
const messageNumbers = Array.from({ length: MESSAGE_COUNT }, (_, n) => n + 1);

/** Publishes messages of QoS 2 and disappears after PUBREC, before PUBREL. */
async function publishAndLosePower(port: number): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  await once(socket, "connect");
  const parser = mqttPacket.parser();
  const received: Packet[] = [];
  parser.on("packet", (packet) => received.push(packet));
  socket.on("data", (data) => parser.parse(data));
  const sendPacket = (packet: Packet) => socket.write(mqttPacket.generate(packet));
  sendPacket({
    cmd: "connect",
    clientId: "board",
    clean: false,
    keepalive: 60,
    protocolId: "MQTT",
    protocolVersion: 4,
  });
  for (const messageId of messageNumbers)
    sendPacket({
      cmd: "publish",
      topic: "t/old",
      payload: `${messageId}`,
      qos: 2,
      messageId,
      dup: false,
      retain: false,
    });
  const hasAllPubrecs = () => received.filter((packet) => packet.cmd === "pubrec").length === MESSAGE_COUNT;
  await eventually(hasAllPubrecs, { what: "PUBREC for every message" });
  socket.destroy();
}

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("a board that loses power between PUBREC and PUBREL", () => {
  it("later delivers 15 new messages, which have the identifiers of the old ones, and the old ones", async () => {
    const lines = ["allow_anonymous true", "max_inflight_messages 0"];
    const mosquitto = await startMosquitto({ lines });
    const observer = await mqtt.connectAsync(mosquitto.url);
    const client = new MqttClient(createNodeNetwork({ port: mosquitto.port }), { clientId: "board", maxInflight: 20 });
    try {
      const seen: string[] = [];
      observer.on("message", (topic, payload) => seen.push(`${topic} ${payload.toString()}`));
      await observer.subscribeAsync("t/#", { qos: 2 });
      await publishAndLosePower(mosquitto.port);
      let delivered = 0;
      client.start();
      await eventually(() => client.connected, { what: "the client to connect" });
      for (const n of messageNumbers) client.publish("t/new", `${n}`, 2, false, () => delivered++);
      await eventually(() => delivered === MESSAGE_COUNT, { what: "PUBCOMP for every message" });
      await eventually(() => seen.length === 2 * MESSAGE_COUNT, { what: "old and new messages" });
      for (const topic of ["t/old", "t/new"])
        expect(seen.filter((text) => text.startsWith(topic))).toEqual(messageNumbers.map((n) => `${topic} ${n}`));
    } finally {
      await client.stop();
      await observer.endAsync();
      await mosquitto.remove();
    }
  });
});
