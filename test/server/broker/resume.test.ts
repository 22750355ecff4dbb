/** Tests resumed sessions, Mosquitto bridges, and clients that share a client id. */
import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, onTestFinished, test } from "vitest";
import { TakeoverDetector } from "../../../server/src/broker/takeovers.js";
import { eventually } from "../../support/eventually.js";
import { startMosquitto } from "../../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../../support/programs.js";
import { startBareBroker, type BareBroker } from "../support/bare-broker.js";
import { connectRawClient, encodeField, encodePacket, openRawClient, type RawClient } from "../support/raw.js";
import { connectClient } from "../support/server.js";

type Version = 4 | 5;
const VERSIONS = [4, 5] as const;
const RECONNECT_WAYS = ["after its connection ended", "while its old connection is open", "after a restart of the broker"] as const; // prettier-ignore
type ReconnectWay = (typeof RECONNECT_WAYS)[number];

function connectReader(url: string, version: Version): Promise<RawClient> {
  const properties = version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {};
  return connectRawClient(url, "reader", { protocolVersion: version, clean: false, ...properties });
}

async function subscribeRaw(to: RawClient, topic: string, qos: 1 | 2): Promise<void> {
  to.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos }] });
  await to.waitForPacket("suback");
}

/** Reconnects the reader in the way that `how` names. Returns the connection and its broker, which may be a new one. */
async function reconnect(broker: BareBroker, old: RawClient, version: Version, how: ReconnectWay): Promise<[BareBroker, RawClient]> {
  await old.waitUntilProcessed();
  if (how === RECONNECT_WAYS[0]) {
    old.socket.destroy();
    await eventually(() => broker.broker.sessions.list().some((session) => session.client_id === "reader" && !session.connected), { what: "the end" }); // prettier-ignore
  }
  if (how !== RECONNECT_WAYS[2]) return [broker, await connectReader(broker.url, version)];
  await broker.close();
  const next = await startBareBroker(undefined, { folder: broker.folder });
  return [next, await connectReader(next.url, version)];
} // prettier-ignore

const receivedPublishesOf = ({ packets }: RawClient): IPublishPacket[] =>
  packets.filter((packet) => packet.cmd === "publish");
const describePackets = (packets: readonly Packet[]): string[] =>
  packets.flatMap((packet) => {
    if (packet.cmd === "publish") return [`${packet.payload.toString()} id ${packet.messageId}${packet.dup ? " DUP" : ""}`]; // prettier-ignore
    return packet.cmd === "pubrel" ? [`PUBREL ${packet.messageId}`] : [];
  });

async function publishNumbers(url: string, qos: 1 | 2, ...numbers: number[]): Promise<void> {
  const publisher = await connectClient(url);
  await Promise.all(numbers.map((n) => publisher.publishAsync("t", String(n), { qos })));
  await publisher.endAsync();
}

describe.each(VERSIONS)("with protocol level %i, a client that returns", (version) => {
  test.each(RECONNECT_WAYS)("%s receives unacknowledged messages with DUP and the same packet identifiers, in order, before new ones", async (how) => {
    for (const qos of [1, 2] as const) {
      const broker = await startBareBroker();
      const first = await connectReader(broker.url, version);
      await subscribeRaw(first, "t", qos);
      await publishNumbers(broker.url, qos, 0, 1, 2, 3, 4, 5);
      await eventually(() => receivedPublishesOf(first).length === 6, { what: "six messages" });
      expect(receivedPublishesOf(first).map(({ dup }) => dup)).toEqual(Array(6).fill(false));
      const ids = receivedPublishesOf(first).map(({ messageId }) => messageId!);
      expect(new Set(ids).size).toBe(6);
      // the reader acknowledges messages 1 and 3, so the broker must resend only the other messages
      for (const n of [1, 3]) {
        first.send({ cmd: qos === 1 ? "puback" : "pubrec", messageId: ids[n] });
        if (qos === 1) continue;
        await eventually(() => first.packets.some((p) => p.cmd === "pubrel" && p.messageId === ids[n]));
        first.send({ cmd: "pubcomp", messageId: ids[n] });
      }
      const [now, again] = await reconnect(broker, first, version, how);
      await publishNumbers(now.url, qos, 6, 7);
      await eventually(() => receivedPublishesOf(again).length === 6, { what: "the rest" });
      await again.waitUntilProcessed();
      expect(describePackets(again.packets).slice(0, 4)).toEqual([0, 2, 4, 5].map((n) => `${n} id ${ids[n]} DUP`));
      expect(receivedPublishesOf(again).slice(4).map(({ payload, dup }) => [payload.toString(), dup])).toEqual([["6", false], ["7", false]]); // prettier-ignore
      await now.close();
    }
  }); // prettier-ignore

  test.each(RECONNECT_WAYS)("%s receives PUBREL again for messages with PUBREC, and the other messages again", async (how) => {
    const broker = await startBareBroker();
    const first = await connectReader(broker.url, version);
    await subscribeRaw(first, "t", 2);
    await publishNumbers(broker.url, 2, 0, 1, 2, 3);
    await eventually(() => receivedPublishesOf(first).length === 4, { what: "four messages" });
    const ids = receivedPublishesOf(first).map(({ messageId }) => messageId!);
    for (const n of [0, 1]) first.send({ cmd: "pubrec", messageId: ids[n] });
    await eventually(() => first.packets.filter(({ cmd }) => cmd === "pubrel").length === 2, { what: "PUBREL" });

    const [now, again] = await reconnect(broker, first, version, how);
    await eventually(() => describePackets(again.packets).length === 4, { what: "the rest" });
    expect(describePackets(again.packets)).toEqual([`PUBREL ${ids[0]}`, `PUBREL ${ids[1]}`, `2 id ${ids[2]} DUP`, `3 id ${ids[3]} DUP`]); // prettier-ignore
    for (const n of [0, 1]) again.send({ cmd: "pubcomp", messageId: ids[n] });
    const [, last] = await reconnect(now, again, version, how);
    await eventually(() => describePackets(last.packets).length === 2, { what: "the rest of the rest" });
    expect(describePackets(last.packets)).toEqual([`2 id ${ids[2]} DUP`, `3 id ${ids[3]} DUP`]);
  }); // prettier-ignore

  test.each(RECONNECT_WAYS)("%s and sends an unreleased QoS 2 message again publishes the message once", async (how) => {
    const broker = await startBareBroker();
    const first = await connectReader(broker.url, version);
    await subscribeRaw(first, "nothing", 1);
    const watcher = await connectClient(broker.url, { clientId: "watcher", clean: false }, "t");
    const message = { cmd: "publish", topic: "t", payload: "x", qos: 2, messageId: 7, retain: false } as const;
    first.send({ ...message, dup: false });
    await first.waitForPacket("pubrec");
    // a restart would deliver an unacknowledged message to the watcher again
    await eventually(() => watcher.got.length === 1 && broker.broker.stats.queued === 0, { what: "the watcher's PUBACK" });
    const [now, again] = await reconnect(broker, first, version, how);
    again.send({ ...message, dup: true });
    await again.waitForPacket("pubrec");
    again.send({ cmd: "pubrel", messageId: 7 });
    await again.waitForPacket("pubcomp");
    const watchers = [watcher, ...(how === RECONNECT_WAYS[2] ? [await connectClient(now.url, { clientId: "watcher", clean: false })] : [])];
    await (await connectClient(now.url)).publishAsync("t", "last", { qos: 1 });
    const listReceivedTexts = (): string[] => watchers.flatMap(({ got }) => got.map(({ text }) => text));
    await eventually(() => listReceivedTexts().includes("last"), { what: "the last message" });
    expect(listReceivedTexts()).toEqual(["x", "last"]);
  }); // prettier-ignore

  test("a client that publishes on topics that begin with $ stays connected, but no subscriber receives these messages", async () => {
    const taken: string[] = [];
    const { url, rejected } = await startBareBroker((topic) => void taken.push(topic));
    const watcher = await connectClient(url, {}, "#");
    const sender = await connectRawClient(url, "sender", { protocolVersion: version });
    const publishWithQos = (qos: 0 | 1 | 2): void =>
      sender.send({ cmd: "publish", topic: "$foo/bar", payload: "x", qos, messageId: qos, retain: true, dup: false });
    publishWithQos(0);
    await sender.waitUntilProcessed();
    publishWithQos(1);
    const puback = await sender.waitForPacket("puback");
    publishWithQos(2);
    const pubrec = await sender.waitForPacket("pubrec");
    expect([puback.messageId, pubrec.messageId]).toEqual([1, 2]);
    if (version === 5) expect([puback.reasonCode, pubrec.reasonCode]).toEqual([0x87, 0x87]);
    else {
      sender.send({ cmd: "pubrel", messageId: 2 });
      await sender.waitForPacket("pubcomp");
    }
    await sender.waitUntilProcessed();
    expect(sender.isClosed).toBe(false);
    expect(rejected).toEqual(Array(3).fill(expect.stringMatching(/^not-allowed sender .*\$foo\/bar/)));
    sender.send({ cmd: "publish", topic: "last", payload: "x", qos: 0, retain: false, dup: false });
    await eventually(() => watcher.got.length > 0, { what: "the last message" });
    expect([watcher.got.map(({ topic }) => topic), taken]).toEqual([["last"], ["last"]]);
  });
});

describe("a Mosquitto bridge", () => {
  test("a Mosquitto bridge is accepted with its protocol level but without its will, which is reported", async () => {
    const { url, rejected, broker } = await startBareBroker();
    const will = "$SYS/broker/connection/x/state";
    const bridge = openRawClient(url);
    bridge.sendBytes(
      encodePacket(
        0x10,
        encodeField("MQTT"),
        0x84,
        0x24,
        0,
        60,
        encodeField("host.x"),
        encodeField(will),
        encodeField("0"),
      ),
    );
    expect(await bridge.waitForPacket("connack")).toMatchObject({ returnCode: 0 });
    bridge.send({ cmd: "publish", topic: will, payload: "1", qos: 1, retain: true, messageId: 1, dup: false });
    await bridge.waitForPacket("puback");
    expect(rejected).toEqual([
      expect.stringMatching(/^not-allowed \S+ \(host\.x\) its will on \$SYS\/broker\/connection\/x\/state is dropped/),
      expect.stringMatching(/^not-allowed host\.x .*\$SYS\/broker\/connection\/x\/state/),
    ]);
    const watcher = await connectClient(url, {}, "#");
    bridge.socket.destroy();
    await eventually(() => broker.stats.clients === 1, { what: "its end" });
    await watcher.publishAsync("last", "x", { qos: 1 });
    await eventually(() => watcher.got.length > 0, { what: "the last message" });
    expect(watcher.got.map(({ topic }) => topic)).toEqual(["last"]);
  });

  test.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("a bridge from a real Mosquitto carries messages both ways", async () => {
    const ours = await startBareBroker();
    const port = new URL(ours.url).port;
    const lines = ["allow_anonymous true", "connection x", `address 127.0.0.1:${port}`, "topic # both 1", "bridge_protocol_version mqttv311", "restart_timeout 1"]; // prettier-ignore
    const theirs = await startMosquitto({ lines });
    onTestFinished(() => theirs.remove());
    await eventually(() => ours.broker.sessions.list().some(({ subscriptions }) => subscriptions > 0), { what: "the bridge" });
    const [here, there] = [await connectClient(ours.url, {}, "#"), await connectClient(theirs.url, {}, "#")];
    for (let n = 0; n < 20; n++) {
      await here.publishAsync("from/us", String(n), { qos: 1 });
      await there.publishAsync("from/them", String(n), { qos: 1 });
    }
    for (const [at, topic] of [[here, "from/them"], [there, "from/us"]] as const) {
      const listReceivedTexts = (): string[] => at.got.filter((got) => got.topic === topic).map(({ text }) => text);
      await eventually(() => listReceivedTexts().length >= 20, { what: `all messages on ${topic}` });
      expect(listReceivedTexts()).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
    }
    expect(ours.broker.sessions.list().find(({ client_id }) => client_id.endsWith(".x"))).toMatchObject({ connected: true }); // prettier-ignore
  }); // prettier-ignore
});

test("two clients with the same id that keep reconnecting are listed with their addresses and cause one warning", async () => {
  const { url, broker, warnings } = await startBareBroker();
  const fighters = [0, 1].map(() => connectClient(url, { clientId: "twin", reconnectPeriod: 20 }));
  // one may take over the other before its CONNACK; both go on connecting
  await Promise.allSettled(fighters);
  await eventually(() => (broker.contestedClientIds[0]?.takeovers ?? 0) >= 6, { what: "some takeovers" });
  expect(broker.contestedClientIds).toMatchObject([{ client_id: "twin", account: null, addresses: ["127.0.0.1"] }]);
  expect(warnings).toEqual([expect.stringMatching(/Two clients fight over the client id "twin".*127\.0\.0\.1/)]);
}); // prettier-ignore

test("a client id is contested after three takeovers within a minute, until they are a minute old", () => {
  const takeovers = new TakeoverDetector();
  const addTakeover = (before: string, after: string, now: number): boolean =>
    takeovers.add("ann\0x", before, after, now);
  expect([addTakeover("10.0.0.1", "10.0.0.2", 0), addTakeover("10.0.0.2", "10.0.0.1", 1000)]).toEqual([false, false]);
  expect(takeovers.list(1000)).toEqual([]);
  expect([addTakeover("10.0.0.1", "10.0.0.3", 2000), addTakeover("10.0.0.3", "10.0.0.1", 3000)]).toEqual([true, false]);
  const contested = { client_id: "x", account: "ann", addresses: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], takeovers: 4 };
  expect(takeovers.list(3000).map((one) => ({ ...one, addresses: one.addresses.toSorted() }))).toEqual([contested]);
  expect(takeovers.list(63_000)).toEqual([]);
});

test("reconnecting clients with different ids are not contested", async () => {
  const { url, broker, warnings } = await startBareBroker();
  for (let n = 0; n < 10; n++) await (await connectClient(url, { clientId: "one" })).endAsync();
  expect([broker.contestedClientIds, warnings]).toEqual([[], []]);
});
