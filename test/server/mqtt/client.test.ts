/** Tests the server's MQTT client against a scripted broker. */
import { once } from "node:events";
import { createServer } from "node:http";
import net from "node:net";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { parseBrokerUrl } from "../../../server/src/transport/url.js";
import { MqttClient, type MqttClientHandlers, type MqttClientOptions } from "../../../server/src/mqtt/client.js";
import { ScriptedBroker } from "../../mqtt/support/scripted-broker.js";
import { eventually } from "../../support/eventually.js";
import { freePort } from "../../support/free-port.js";

let broker: ScriptedBroker;
let got: [topic: string, text: string][];
let events: string[];

beforeEach(async () => {
  broker = await ScriptedBroker.start();
  onTestFinished(() => broker.close());
  got = [];
  events = [];
});

function createClient(
  options: Partial<MqttClientOptions> = {},
  handlers: Partial<MqttClientHandlers> = {},
): MqttClient {
  const made = new MqttClient(
    {
      broker: parseBrokerUrl(`mqtt://127.0.0.1:${broker.port}`),
      clientId: "server",
      will: { topic: "will", payload: Buffer.from("gone") },
      reconnectDelay: 20,
      ...options,
    },
    {
      messageReceived(topic, payload) {
        got.push([topic, payload.toString()]);
        return undefined;
      },
      reconnected: () => void events.push("reconnected"),
      disconnected: () => void events.push("disconnected"),
      publishRefused: (topic) => void events.push(`refused ${topic}`),
      ...handlers,
    },
  );
  onTestFinished(() => made.close());
  return made;
}

async function connectAndWait(
  options: Partial<MqttClientOptions> = {},
  handlers: Partial<MqttClientHandlers> = {},
): Promise<MqttClient> {
  const client = createClient(options, handlers);
  await client.connect();
  expect(await client.subscribe(["home/+/telemetry"])).toEqual([1]);
  client.enableReconnect();
  return client;
}

const textsOf = (topic: string): string[] =>
  broker
    .packetsOfType("publish")
    .filter((packet) => packet.topic === topic)
    .map(({ payload, dup }) => `${String(payload)}${dup ? " again" : ""}`);

/** Starts a TCP server and closes it after the test. Returns its port. */
async function listenOnFreePort(server: net.Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}

describe("publishing:", () => {
  test("after a reconnect the client first sends inflight messages again, in order and with DUP [MQTT-4.4.0-1]", async () => {
    const client = await connectAndWait();
    broker.script = (packet) => packet.cmd === "publish";
    for (const text of ["1", "2", "3"]) client.publish("lamp", Buffer.from(text), false);
    await eventually(() => textsOf("lamp").length === 3, { what: "three messages" });
    broker.script = () => false;
    broker.peers[0].socket.resetAndDestroy();
    await eventually(() => events.includes("disconnected"), { what: "the loss" });
    client.publish("lamp", Buffer.from("4"), false);
    await eventually(() => textsOf("lamp").length === 7, { what: "all of them again" });
    expect(textsOf("lamp").slice(3)).toEqual(["1 again", "2 again", "3 again", "4"]);
    expect(events).toEqual(["disconnected", "reconnected"]);
  });

  test("without a connection the client queues all messages, but only the last retained one of each topic", async () => {
    const client = createClient();
    for (let n = 1; n <= 5; n++) {
      client.publish("lamp", Buffer.from(`${n}`), true);
      client.publish("action", Buffer.from(`${n}`), false);
    }
    await client.connect();
    await eventually(() => textsOf("action").length === 5 && textsOf("lamp").length > 0, {
      what: "the queued messages",
    });
    expect(textsOf("lamp")).toEqual(["5"]);
    expect(textsOf("action")).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("the client sends more messages than may be inflight once each and in order, as the broker acknowledges them", async () => {
    const client = await connectAndWait();
    const texts = Array.from({ length: 5000 }, (_, n) => String(n));
    let acknowledged = 0;
    for (const text of texts) client.publish("lamp", Buffer.from(text), false, () => acknowledged++);
    await eventually(() => acknowledged === 5000, { within: 20_000, what: "all to be acknowledged" });
    expect(textsOf("lamp")).toEqual(texts);
  });
});

describe("receiving:", () => {
  test("the client acknowledges messages in order of arrival, each after it was processed, and receives others meanwhile", async () => {
    const steps: (() => void)[] = [];
    await connectAndWait(
      {},
      {
        messageReceived: (_topic, payload) =>
          payload.toString() === "at once" ? undefined : new Promise<void>((resolve) => steps.push(resolve)),
      },
    );
    broker.publish("home/a/telemetry", "first", 1);
    broker.publish("home/a/telemetry", "second", 1);
    broker.publish("home/a/telemetry", "at once", 1);
    await eventually(() => steps.length === 2, { what: "both messages" });
    steps[1]();
    // while the first message is unprocessed, the client sends no PUBACK, because PUBACKs keep the order of the messages
    // [MQTT-4.6.0-2]
    const before = broker.packetsOfType("puback").length;
    broker.publish("home/a/telemetry", "third", 1);
    await eventually(() => steps.length === 3, { what: "the third message" });
    expect(broker.packetsOfType("puback").length).toBe(before);
    steps[0]();
    await eventually(() => broker.packetsOfType("puback").length === 3, { what: "three acknowledgements" });
    steps[2]();
    await eventually(() => broker.packetsOfType("puback").length === 4, { what: "the last one" });
    expect(broker.packetsOfType("puback").map(({ messageId }) => messageId)).toEqual([1, 2, 3, 4]);
  });

  test("the client processes and acknowledges thousands of messages at once, each once and in order", async () => {
    await connectAndWait();
    const texts = Array.from({ length: 5000 }, (_, n) => String(n));
    for (const text of texts) broker.publish("home/a/telemetry", text, 1);
    await eventually(() => broker.packetsOfType("puback").length === 5000, {
      within: 20_000,
      what: "all to be acknowledged",
    });
    expect(got.map(([, text]) => text)).toEqual(texts);
  });

  test("the client processes messages that arrived before the broker closed the connection", async () => {
    await connectAndWait();
    const texts = Array.from({ length: 500 }, (_, n) => String(n));
    const [peer] = broker.peers;
    for (const text of texts) broker.publish("home/a/telemetry", text, 0);
    peer.socket.end();
    await eventually(() => events.includes("reconnected"), { what: "the next connection" });
    expect(got.map(([, text]) => text)).toEqual(texts);
  });

  test("the client does not acknowledge a message of a lost connection on the next connection", async () => {
    const steps: (() => void)[] = [];
    await connectAndWait({}, { messageReceived: () => new Promise<void>((resolve) => steps.push(resolve)) });
    broker.publish("home/a/telemetry", "1", 1);
    await eventually(() => steps.length === 1, { what: "the message" });
    broker.peers[0].socket.resetAndDestroy();
    // waits until the broker has sent the message again, and then ends the processing of the first copy
    await eventually(() => steps.length === 2, { what: "the message again" });
    steps[0]();
    broker.publish("home/a/telemetry", "2", 1);
    await eventually(() => steps.length === 3, { what: "another message" });
    expect(broker.packetsOfType("puback")).toHaveLength(0);
    steps[1]();
    await eventually(() => broker.packetsOfType("puback").length === 1, { what: "the acknowledgement" });
  });

  test("the client processes a QoS 2 message once, however often the broker sends it [MQTT-4.3.3-2]", async () => {
    await connectAndWait();
    const message = { cmd: "publish", topic: "home/a/telemetry", payload: "1", qos: 2, messageId: 9 } as const;
    const [peer] = broker.peers;
    peer.send({ ...message, retain: false, dup: false }, { ...message, retain: false, dup: true });
    await eventually(() => broker.packetsOfType("pubrec").length === 2, { what: "PUBREC" });
    peer.send({ cmd: "pubrel", messageId: 9 });
    await eventually(() => broker.packetsOfType("pubcomp").length > 0, { what: "PUBCOMP" });
    expect(got).toEqual([["home/a/telemetry", "1"]]);
    peer.send({ ...message, retain: false, dup: false });
    await eventually(() => got.length === 2, { what: "the next message with this packet identifier" });
  });
});

describe("the connection:", () => {
  test("the client subscribes again when the broker has lost the session", async () => {
    await connectAndWait();
    broker.dropSessions();
    await eventually(() => events.includes("reconnected"), { what: "the connection" });
    await eventually(() => broker.packetsOfType("subscribe").length === 2, { what: "the subscriptions" });
    broker.publish("home/a/telemetry", "after", 1);
    await eventually(() => got.length === 1, { what: "a message" });
  });

  test("the client reports the reconnect before it delivers queued messages", async () => {
    await connectAndWait({}, { messageReceived: (_topic, payload) => void events.push(String(payload)) as undefined });
    broker.peers[0].socket.resetAndDestroy();
    await eventually(() => events.includes("disconnected"), { what: "the loss" });
    broker.publish("home/a/telemetry", "waited", 1);
    await eventually(() => events.includes("waited"), { what: "the message" });
    expect(events).toEqual(["disconnected", "reconnected", "waited"]);
  });

  test("the client reconnects when the broker falls silent", async () => {
    await connectAndWait({ keepAlive: 0.1 });
    broker.script = (packet) => packet.cmd !== "connect";
    await eventually(() => events.includes("disconnected"), { what: "the loss" });
    broker.script = () => false;
    await eventually(() => broker.peers.length >= 2 && events.at(-1) === "reconnected", { what: "the new connection" });
  });

  test("the client keeps an idle connection alive with PINGREQ [MQTT-3.1.2-23]", async () => {
    await connectAndWait({ keepAlive: 1 });
    await eventually(() => broker.packetsOfType("pingreq").length > 5, { what: "pings" });
    expect(events).toEqual([]);
  });

  test("the client reconnects after receiving bytes that are not MQTT", async () => {
    await connectAndWait();
    broker.peers[0].sendBytes(Buffer.from([0x3f, 5, 1, 2, 3, 4, 5]));
    await eventually(() => events.includes("reconnected"), { what: "the new connection" });
    expect(events).toEqual(["disconnected", "reconnected"]);
  });

  test("close sends DISCONNECT, so that the broker discards the will [MQTT-3.14.4-3]", async () => {
    const client = await connectAndWait();
    await client.close();
    expect(broker.packets.at(-1)?.cmd).toBe("disconnect");
    expect(client.isConnected).toBe(false);
    expect(events).toEqual([]);
  });

  test("all callers of close continue when the connection is closed", async () => {
    const client = await connectAndWait();
    await Promise.all([client.close(), client.close()]);
    expect(broker.packetsOfType("disconnect")).toHaveLength(1);
    await client.connect();
    await client.close();
    expect(broker.packetsOfType("disconnect")).toHaveLength(2);
  });
});

describe("a failed first connection", () => {
  test("the first connection fails with the return code of the broker's CONNACK", async () => {
    broker.script = (packet, peer) => {
      if (packet.cmd === "connect") peer.send({ cmd: "connack", returnCode: 5, sessionPresent: false });
      return true;
    };
    await expect(createClient().connect()).rejects.toMatchObject({ code: 5 });
  });

  test("the first connection fails with the error code of the network", async () => {
    const port = await freePort();
    for (const scheme of ["mqtt", "ws"]) {
      const address = parseBrokerUrl(`${scheme}://127.0.0.1:${port}`);
      await expect(createClient({ broker: address }).connect()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    }
  });

  test("the first connection fails with a timeout when no server answers", async () => {
    const port = await listenOnFreePort(net.createServer());
    const address = parseBrokerUrl(`mqtt://127.0.0.1:${port}`);
    await expect(createClient({ broker: address, connectTimeout: 50 }).connect()).rejects.toThrow(
      "no answer within 0.05 s",
    );
  });

  test("the first connection fails with an error when the server is not a broker", async () => {
    const port = await listenOnFreePort(createServer((_request, response) => response.writeHead(404).end()));
    await expect(createClient({ broker: parseBrokerUrl(`mqtt://127.0.0.1:${port}`) }).connect()).rejects.toThrow();
    await expect(createClient({ broker: parseBrokerUrl(`ws://127.0.0.1:${port}`) }).connect()).rejects.toThrow();
  });
});
