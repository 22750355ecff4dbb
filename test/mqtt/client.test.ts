/** Tests the MQTT client with faulty brokers and networks. */
import type { Packet } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MqttClient } from "../../packages/devicescript-mqtt/src/client.js";
import type { MqttOptions } from "../../packages/devicescript-mqtt/src/options.js";
import { eventually } from "../support/eventually.js";
import { createNodeNetwork, type NodeNetworkOptions } from "./support/node-network.js";
import { ScriptedBroker } from "./support/scripted-broker.js";

let broker: ScriptedBroker;
let client: MqttClient;
let clients: MqttClient[];
let problems: string[];
let reasons: string[];

function createClient(options: Partial<MqttOptions> = {}, network: Partial<NodeNetworkOptions> = {}): MqttClient {
  const made = new MqttClient(createNodeNetwork({ port: broker.port, ...network }), {
    clientId: "board",
    minBackoff: 5,
    maxBackoff: 20,
    ...options,
  });
  // the last callbacks may come after `stop` has resolved, and then belong to this test and not to the next one
  const [problemsOfTest, reasonsOfTest] = [problems, reasons];
  made.onproblem = (problem) => problemsOfTest.push(problem);
  made.ondisconnect = (reason) => void reasonsOfTest.push(reason);
  clients.push(made);
  return made;
}

const waitForConnection = () => eventually(() => client.connected, { what: "the client to connect" });
const messageIdsOf = (packets: Packet[]) => packets.map((packet) => packet.messageId);

beforeEach(async () => {
  problems = [];
  reasons = [];
  clients = [];
  broker = await ScriptedBroker.start();
  client = createClient();
});

afterEach(async () => {
  await Promise.all(clients.map((c) => c.stop()));
  await broker.close();
});

describe("CONNECT", () => {
  it("carries a keep-alive of 16 bits, will, user name and password", async () => {
    const will = { topic: "t/will", payload: "gone", qos: 1 as const, retain: true };
    client = createClient({ keepAlive: 40_000, username: "ada", password: "secret", cleanSession: true, will });
    client.start();
    await waitForConnection();
    const [connect] = broker.packetsOfType("connect");
    expect(connect).toMatchObject({ keepalive: 40_000, clean: true, clientId: "board", username: "ada" });
    expect(connect.password?.toString()).toBe("secret");
    expect(connect.will).toMatchObject({ topic: "t/will", qos: 1, retain: true, payload: Buffer.from("gone") });
  });

  it("that is refused is reported once and retried with exponential backoff", async () => {
    let refusals = 0;
    const times: number[] = [];
    broker.script = (packet, peer) => {
      if (packet.cmd !== "connect") return false;
      times.push(performance.now());
      if (refusals++ >= 7) return false;
      peer.send({ cmd: "connack", returnCode: 5, sessionPresent: false });
      return true;
    };
    client = createClient({ minBackoff: 20, maxBackoff: 10_000 });
    client.start();
    await waitForConnection();
    expect(problems).toEqual(["the broker refused the connection: this client is not authorized"]);
    expect(client.counters).toMatchObject({ refused: 7, connects: 1 });
    // The client waits 20, 20, 20, 40, 80, 160 and 320 ms between attempts, less a random part of at most half (jitter).
    expect(times[7] - times[6]).toBeGreaterThan(155);
    expect(times[7] - times[0]).toBeGreaterThan(320);
  });

  it("that gets no answer is closed and retried", async () => {
    let attempts = 0;
    broker.script = (packet) => packet.cmd === "connect" && ++attempts < 2;
    client = createClient({ connectTimeout: 1000 });
    client.start();
    await waitForConnection();
    expect(problems).toEqual(["no CONNACK within 1000 ms"]);
    expect(attempts).toBe(2);
  });
});

describe("a broker that does not speak MQTT", () => {
  const babble: [string, Buffer][] = [
    ["HTTP", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a packet before CONNACK", Buffer.from([0xd0, 0])],
    ["CONNACK twice", Buffer.from([0x20, 2, 0, 0, 0x20, 2, 0, 0])],
    ["a malformed packet after CONNACK", Buffer.from([0x20, 2, 0, 0, 0x36, 1, 0])],
  ];
  it.each(babble)("%s: a malformed stream ends the connection, not the program", async (_, bytes) => {
    let first = true;
    broker.script = (packet, peer) => {
      if (packet.cmd !== "connect" || !first) return false;
      first = false;
      peer.sendBytes(bytes);
      return true;
    };
    client.start();
    await eventually(() => client.connected && broker.peers.length === 2, { what: "the second connection" });
    expect([...problems, ...reasons]).toEqual([expect.any(String)]);
    expect(client.counters.malformed).toBe(1);
  });
});

describe("SUBSCRIBE", () => {
  it("that is refused is reported, and other subscriptions stay", async () => {
    broker.script = (packet, peer) => {
      if (packet.cmd !== "subscribe" || packet.subscriptions[0].topic !== "secret/#") return false;
      peer.send({ cmd: "suback", messageId: packet.messageId, granted: [128] });
      return true;
    };
    const got: string[] = [];
    client.subscribe("secret/#", 1, () => {});
    client.subscribe("open/#", 1, (topic) => void got.push(topic));
    client.start();
    await eventually(() => problems.length > 0, { what: "the refusal" });
    broker.publish("open/door", "x", 1);
    await eventually(() => got.length > 0, { what: "the message" });
    expect(problems).toEqual(["the broker refused the subscription to secret/#"]);
  });

  it("with an invalid filter is reported and ignored", () => {
    client.subscribe("a/#/b", 1, () => {});
    expect(problems).toEqual(["cannot subscribe to a/#/b: # must be the last level of a filter, alone"]);
  });

  it("is sent before resent messages, so that no answer is missed", async () => {
    client.subscribe("t", 1, () => {});
    client.publish("t", "x", 1, false);
    client.start();
    await eventually(() => broker.packetsOfType("publish").length > 0, { what: "the publication" });
    const order = broker.packets.map((packet) => packet.cmd);
    expect(order.indexOf("subscribe")).toBeLessThan(order.indexOf("publish"));
  });
});

describe("resending", () => {
  it("repeats unacknowledged messages in order, with DUP and the same identifiers [MQTT-4.4.0-1]", async () => {
    let deaf = true;
    broker.script = (packet) => deaf && packet.cmd === "publish";
    const done: number[] = [];
    client.start();
    await waitForConnection();
    for (let n = 0; n < 6; n++) client.publish("t", `${n}`, n % 2 === 0 ? 1 : 2, false, () => done.push(n));
    await eventually(() => broker.packetsOfType("publish").length === 6, { what: "6 publications" });
    deaf = false;
    for (const peer of broker.peers) peer.socket.resetAndDestroy();
    await eventually(() => done.length === 6, { what: "6 acknowledgements" });
    const publications = broker.packetsOfType("publish");
    expect(publications.map((p) => p.dup)).toEqual([...Array(6).fill(false), ...Array(6).fill(true)]);
    expect(messageIdsOf(publications.slice(6))).toEqual(messageIdsOf(publications.slice(0, 6)));
    expect(client.counters).toMatchObject({ sent: 6, resent: 6, acknowledged: 6 });
    expect(done.sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("repeats PUBREL, never PUBLISH, after PUBREC [MQTT-4.3.3-1]", async () => {
    let deaf = true;
    broker.script = (packet) => deaf && packet.cmd === "pubrel";
    client.start();
    await waitForConnection();
    client.publish("t", "x", 2, false);
    await eventually(() => broker.packetsOfType("pubrel").length === 1, { what: "PUBREL" });
    deaf = false;
    for (const peer of broker.peers) peer.socket.resetAndDestroy();
    await eventually(() => client.counters.acknowledged === 1, { what: "PUBCOMP" });
    expect(broker.packetsOfType("publish")).toHaveLength(1);
    expect(messageIdsOf(broker.packetsOfType("pubrel"))).toEqual(
      messageIdsOf([...broker.packetsOfType("publish"), ...broker.packetsOfType("publish")]),
    );
  });

  it("does not handle a message again whose handler ran while the connection broke", async () => {
    const got: string[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    client.subscribe("t/+", 2, async (topic, payload) => {
      got.push(`${topic} ${payload.toString()}`);
      if (got.length === 1) await gate;
    });
    client.start();
    await eventually(() => broker.packetsOfType("subscribe").length === 1, { what: "the subscription" });
    broker.publish("t/1", "a", 1);
    broker.publish("t/2", "b", 2);
    await eventually(() => got.length === 1, { what: "the handler to run" });
    for (const peer of broker.peers) peer.socket.resetAndDestroy();
    await eventually(() => client.counters.connects === 2, { what: "the reconnect" });
    release();
    broker.publish("t/3", "c", 1);
    await eventually(() => got.length === 3, { what: "the last message" });
    expect(got).toEqual(["t/1 a", "t/2 b", "t/3 c"]);
    expect(client.counters.duplicates).toBe(1);
    await eventually(() => broker.packetsOfType("puback").length === 2, { what: "the acknowledgements" });
  });
});

describe("a network with a full send queue", () => {
  it("receives queued packets in order as soon as it has room, and QoS 0 is rejected meanwhile", async () => {
    let full = false;
    client = createClient({}, { isSendQueueFull: () => full });
    client.start();
    await waitForConnection();
    full = true;
    for (let n = 0; n < 8; n++) client.publish("t", `${n}`, 1, false);
    const accepted = Array.from({ length: 100 }, () => client.publish("t", "zero", 0, false)).filter(Boolean);
    expect(accepted).toHaveLength(8);
    full = false;
    await eventually(() => broker.packetsOfType("publish").length === 16, { what: "the publications" });
    const texts = broker.packetsOfType("publish").map((p) => p.payload.toString());
    expect(texts).toEqual([...Array.from({ length: 8 }, (_, n) => `${n}`), ...Array(8).fill("zero")]);
    expect(client.counters.connects).toBe(1);
  });

  it("does not delay the messages behind 300 packets that need an answer", async () => {
    let full = false;
    const got: string[] = [];
    client = createClient({}, { isSendQueueFull: () => full });
    client.subscribe("t", 0, (_, payload) => void got.push(payload.toString()));
    client.start();
    await eventually(() => broker.packetsOfType("subscribe").length === 1, { what: "the subscription" });
    full = true;
    const ids = Array.from({ length: 300 }, (_, n) => n + 1);
    broker.peers[0].send(...ids.map((messageId) => ({ cmd: "pubrel" as const, messageId })));
    broker.publish("t", "behind", 0);
    await eventually(() => got.length > 0, { what: "the message" });
    expect(got).toEqual(["behind"]);
    expect(broker.packetsOfType("pubcomp")).toEqual([]);
    full = false;
    await eventually(() => broker.packetsOfType("pubcomp").length === 300, { what: "the answers" });
    expect(messageIdsOf(broker.packetsOfType("pubcomp"))).toEqual(ids);
    expect(client.counters.connects).toBe(1);
  });

  it("reads no more until there is room for the answers, and then answers everything", async () => {
    let full = false;
    let offered = 0;
    client = createClient({}, { isSendQueueFull: () => (full && offered++, full) });
    client.start();
    await waitForConnection();
    full = true;
    broker.peers[0].send(...Array.from({ length: 1000 }, (_, n) => ({ cmd: "pubrel" as const, messageId: n + 1 })));
    await eventually(() => offered > 20, { what: "a full send queue" });
    expect(broker.packetsOfType("pubcomp")).toEqual([]);
    full = false;
    await eventually(() => broker.packetsOfType("pubcomp").length === 1000, { what: "the answers" });
    expect(client.counters.connects).toBe(1);
  });
});

describe("a broker whose PINGRESP waits behind many messages", () => {
  it("keeps its connection while messages arrive, and gets further pings", async () => {
    broker.script = (packet) => packet.cmd === "pingreq";
    client = createClient({ keepAlive: 4 });
    client.subscribe("t", 0, () => {});
    client.start();
    await waitForConnection();
    // The client sends nothing else, so it pings every 3 s, and counts a silent broker as lost 2 s after a ping.
    const hasPingedTwice = () => {
      broker.publish("t", "", 0);
      return broker.packetsOfType("pingreq").length === 2;
    };
    await eventually(hasPingedTwice, { within: 20_000, what: "the second ping" });
    expect(reasons).toEqual([]);
    expect(client.counters.connects).toBe(1);
  });
});

describe("an acknowledgment that never arrives", () => {
  it("makes the client reconnect after 30 s and resend", async () => {
    let ahead = 0;
    broker.script = (packet) => packet.cmd === "publish" && !packet.dup;
    client = createClient({ keepAlive: 4 }, { clockOffset: () => ahead });
    client.start();
    await waitForConnection();
    client.publish("t", "", 1, false);
    await eventually(() => broker.packetsOfType("pingreq").length === 1, { what: "a sign of life" });
    ahead = 30_000;
    await eventually(() => client.counters.acknowledged === 1, { what: "the acknowledgement" });
    expect(reasons).toEqual(["the broker sent no acknowledgment for 30000 ms"]);
    expect(broker.packetsOfType("publish")).toHaveLength(2);
  });
});

describe("a broker that acknowledges publications, but never a subscription", () => {
  it("is left after 30 s, with a report, although other acknowledgments keep arriving", async () => {
    let ahead = 0;
    broker.script = (packet) => packet.cmd === "subscribe";
    client = createClient({}, { clockOffset: () => ahead });
    client.subscribe("t", 1, () => {});
    client.start();
    await waitForConnection();
    for (let n = 1; n <= 7; n++) {
      ahead = n * 5000;
      client.publish("t", "", 1, false);
      await eventually(() => client.counters.acknowledged >= n || reasons.length > 0, { what: "the acknowledgment" });
    }
    await eventually(() => reasons.length === 1, { what: "the end of the connection" });
    expect(reasons).toEqual(["the broker sent no acknowledgment for 30000 ms"]);
    expect(client.counters.acknowledged).toBeGreaterThanOrEqual(5);
  });
});

describe("two clients with the same client identifier", () => {
  it("back off, instead of disconnecting each other without end, and report the probable cause", async () => {
    const delays = { minBackoff: 100, maxBackoff: 3200 };
    const [first, second] = [createClient(delays), createClient(delays)];
    first.start();
    second.start();
    const expected = /^another client may be using the client identifier board$/;
    await eventually(() => problems.some((problem) => expected.test(problem)), { what: "the report" });
    // A client that is disconnected at once waits up to 200, 400, 800 and 1,600 ms. Without these delays, the two clients
    // would connect about 13 times a second.
    const before = broker.peers.length;
    const since = performance.now();
    await eventually(() => performance.now() - since > 2000, { what: "more connections" });
    const seconds = (performance.now() - since) / 1000;
    expect(broker.peers.length - before).toBeLessThanOrEqual(7 * seconds);
  });
});

describe("handlers", () => {
  it("are called one at a time, onconnect before the messages of its connection", async () => {
    const log: string[] = [];
    let running = 0;
    const expectAlone = async (name: string) => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(name);
      running--;
    };
    client.onconnect = () => expectAlone("connect");
    client.ondisconnect = () => expectAlone("disconnect");
    client.subscribe("t", 1, () => expectAlone("message"));
    broker.publish("t", "kept", 1, true);
    client.start();
    await eventually(() => log.length === 2, { what: "the retained message" });
    await client.stop();
    await eventually(() => log.length === 3, { what: "ondisconnect" });
    expect(log).toEqual(["connect", "message", "disconnect"]);
  });

  it("of every kind may throw", async () => {
    client.onproblem = (problem) => {
      problems.push(problem);
      throw new Error("onproblem");
    };
    client.onconnect = () => {
      throw new Error("one");
    };
    client.ondisconnect = () => Promise.reject(new Error("two"));
    client.start();
    await waitForConnection();
    client.publish("t", "", 1, false, () => {
      throw new Error("three");
    });
    await eventually(() => problems.length === 2, { what: "two problems" });
    for (const peer of broker.peers) peer.socket.resetAndDestroy();
    await eventually(() => client.counters.connects === 2 && problems.length === 4, { what: "the reconnect" });
    expect(problems.sort()).toEqual([
      "done threw: three",
      "onconnect threw: one",
      "onconnect threw: one",
      "ondisconnect threw: two",
    ]);
  });

  it("that hang over several reconnects get only the last connection event, so memory does not grow", async () => {
    const log: string[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    client.onconnect = () => void log.push("connect");
    client.ondisconnect = () => void log.push("disconnect");
    client.subscribe("t", 1, () => gate);
    client.start();
    await eventually(() => broker.packetsOfType("subscribe").length === 1, { what: "the subscription" });
    broker.publish("t", "", 1);
    for (let n = 1; n < 10; n++) {
      broker.peers[n - 1].socket.resetAndDestroy();
      await eventually(() => client.counters.connects === n + 1, { what: `connection ${n + 1}` });
    }
    release();
    await eventually(() => log.length === 3, { what: "the news" });
    expect(log).toEqual(["connect", "disconnect", "connect"]);
  });

  it("may call stop() and then start()", async () => {
    let connects = 0;
    client.onconnect = async () => {
      if (++connects > 1) return;
      await client.stop();
      client.start();
    };
    client.start();
    await eventually(() => connects === 2, { what: "the second connection" });
    expect(broker.packetsOfType("disconnect")).toHaveLength(1);
  });
});

describe("memory use", () => {
  it("is limited to the in-flight window while offline", () => {
    const accepted = Array.from({ length: 10_000 }, (_, n) => client.publish("t", "x", (n % 3) as 0 | 1 | 2, false));
    expect(accepted.filter(Boolean)).toHaveLength(8);
    expect(client.freeSlots()).toBe(0);
  });

  it("is limited by dropping QoS 0 messages when a slow handler fills the inbox", async () => {
    const got: string[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    client.subscribe("t/#", 1, async (_, payload) => {
      await gate;
      got.push(payload.toString());
    });
    client.start();
    await eventually(() => broker.packetsOfType("subscribe").length === 1, { what: "the subscription" });
    for (let n = 0; n < 100; n++) broker.publish("t/0", "zero", 0);
    broker.publish("t/1", "one", 1);
    await eventually(() => client.counters.dropped > 0, { what: "a message to be dropped" });
    release();
    await eventually(() => got.includes("one"), { what: "the message of QoS 1" });
    expect(got.length - 1 + client.counters.dropped).toBe(100);
    expect(client.counters.connects).toBe(1);
  });
});

describe("a caller's mistakes", () => {
  it.each<[Partial<MqttOptions>, RegExp]>([
    [{ keepAlive: 65_536 }, /keepAlive must be an integer from 0 to 65535/],
    [{ keepAlive: 1.5 }, /keepAlive/],
    [{ maxInflight: 0 }, /maxInflight/],
    [{ maxInflight: 65 }, /maxInflight must be an integer from 1 to 64/],
    [{ maxPacket: 8193 }, /maxPacket must be an integer from 128 to 8192/],
    [{ maxPacket: NaN }, /maxPacket/],
    [{ clientId: "" }, /clientId must not be empty without cleanSession/],
    [{ will: { topic: "a/+", payload: "", qos: 0, retain: false } }, /will.topic: a topic to publish to cannot/],
  ])("%j is refused by the constructor", (options, message) => {
    expect(() => createClient(options)).toThrow(message);
    expect(() => createClient(options)).toThrow(RangeError);
  });

  it("in a publication are rejected and reported", () => {
    expect(client.publish("a/#", "", 1, false)).toBe(false);
    expect(client.publish("a", "x".repeat(5000), 1, false)).toBe(false);
    expect(problems).toEqual([
      "cannot publish to a/#: a topic to publish to cannot contain # or +",
      "cannot publish 5005 bytes to a: maxPacket is 2048",
    ]);
    expect(client.freeSlots()).toBe(8);
  });
});
