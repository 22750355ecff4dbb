/** Tests resumed sessions, Mosquitto bridges, and clients that share a client id. */
import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, onTestFinished, test } from "vitest";
import { Takeovers } from "../../../server/src/broker/takeovers.js";
import { eventually } from "../../support/eventually.js";
import { startMosquitto } from "../../support/mosquitto.js";
import { missing, MOSQUITTO } from "../../support/programs.js";
import { bareBroker, type BareBroker } from "../support/bare-broker.js";
import { connected, field, frame, raw, type RawClient } from "../support/raw.js";
import { client } from "../support/server.js";

type Version = 4 | 5;
const VERSIONS = [4, 5] as const;
const RETURNS = ["after its connection ended", "while its old connection is open", "after a restart of the broker"] as const; // prettier-ignore
type Return = (typeof RETURNS)[number];

function reader(url: string, version: Version): Promise<RawClient> {
  const properties = version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {};
  return connected(url, "reader", { protocolVersion: version, clean: false, ...properties });
}

async function subscribe(to: RawClient, topic: string, qos: 1 | 2): Promise<void> {
  to.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos }] });
  await to.answer("suback");
}

/** Connects the reader again, in the way that `how` names. Returns the broker, which may be a new one, and the connection. */
async function comeBack(broker: BareBroker, old: RawClient, version: Version, how: Return): Promise<[BareBroker, RawClient]> {
  await old.processed();
  if (how === RETURNS[0]) {
    old.socket.destroy();
    await eventually(() => broker.broker.sessions.list().some((session) => session.client_id === "reader" && !session.connected), { what: "the end" }); // prettier-ignore
  }
  if (how !== RETURNS[2]) return [broker, await reader(broker.url, version)];
  await broker.close();
  const next = await bareBroker(undefined, { folder: broker.folder });
  return [next, await reader(next.url, version)];
} // prettier-ignore

const publishes = ({ packets }: RawClient): IPublishPacket[] => packets.filter((packet) => packet.cmd === "publish");
const seen = (packets: readonly Packet[]): string[] =>
  packets.flatMap((packet) => {
    if (packet.cmd === "publish") return [`${packet.payload.toString()} id ${packet.messageId}${packet.dup ? " DUP" : ""}`]; // prettier-ignore
    return packet.cmd === "pubrel" ? [`PUBREL ${packet.messageId}`] : [];
  });

async function publishNumbers(url: string, qos: 1 | 2, ...numbers: number[]): Promise<void> {
  const publisher = await client(url);
  await Promise.all(numbers.map((n) => publisher.publishAsync("t", String(n), { qos })));
  await publisher.endAsync();
}

describe.each(VERSIONS)("with protocol level %i, a client that returns", (version) => {
  test.each(RETURNS)("%s receives unacknowledged messages with DUP and the same packet identifiers, in order, before new ones", async (how) => {
    for (const qos of [1, 2] as const) {
      const broker = await bareBroker();
      const first = await reader(broker.url, version);
      await subscribe(first, "t", qos);
      await publishNumbers(broker.url, qos, 0, 1, 2, 3, 4, 5);
      await eventually(() => publishes(first).length === 6, { what: "six messages" });
      expect(publishes(first).map(({ dup }) => dup)).toEqual(Array(6).fill(false));
      const ids = publishes(first).map(({ messageId }) => messageId!);
      expect(new Set(ids).size).toBe(6);
      // the reader acknowledges messages 1 and 3, so the broker must resend only the others
      for (const n of [1, 3]) {
        first.send({ cmd: qos === 1 ? "puback" : "pubrec", messageId: ids[n] });
        if (qos === 1) continue;
        await eventually(() => first.packets.some((p) => p.cmd === "pubrel" && p.messageId === ids[n]));
        first.send({ cmd: "pubcomp", messageId: ids[n] });
      }
      const [now, again] = await comeBack(broker, first, version, how);
      await publishNumbers(now.url, qos, 6, 7);
      await eventually(() => publishes(again).length === 6, { what: "the rest" });
      await again.processed();
      expect(seen(again.packets).slice(0, 4)).toEqual([0, 2, 4, 5].map((n) => `${n} id ${ids[n]} DUP`));
      expect(publishes(again).slice(4).map(({ payload, dup }) => [payload.toString(), dup])).toEqual([["6", false], ["7", false]]); // prettier-ignore
      await now.close();
    }
  }); // prettier-ignore

  test.each(RETURNS)("%s receives PUBREL again for messages with PUBREC, and the other messages again", async (how) => {
    const broker = await bareBroker();
    const first = await reader(broker.url, version);
    await subscribe(first, "t", 2);
    await publishNumbers(broker.url, 2, 0, 1, 2, 3);
    await eventually(() => publishes(first).length === 4, { what: "four messages" });
    const ids = publishes(first).map(({ messageId }) => messageId!);
    for (const n of [0, 1]) first.send({ cmd: "pubrec", messageId: ids[n] });
    await eventually(() => first.packets.filter(({ cmd }) => cmd === "pubrel").length === 2, { what: "PUBREL" });

    const [now, again] = await comeBack(broker, first, version, how);
    await eventually(() => seen(again.packets).length === 4, { what: "the rest" });
    expect(seen(again.packets)).toEqual([`PUBREL ${ids[0]}`, `PUBREL ${ids[1]}`, `2 id ${ids[2]} DUP`, `3 id ${ids[3]} DUP`]); // prettier-ignore
    for (const n of [0, 1]) again.send({ cmd: "pubcomp", messageId: ids[n] });
    const [, last] = await comeBack(now, again, version, how);
    await eventually(() => seen(last.packets).length === 2, { what: "the rest of the rest" });
    expect(seen(last.packets)).toEqual([`2 id ${ids[2]} DUP`, `3 id ${ids[3]} DUP`]);
  }); // prettier-ignore

  test.each(RETURNS)("%s and sends an unreleased QoS 2 message again publishes the message once", async (how) => {
    const broker = await bareBroker();
    const first = await reader(broker.url, version);
    await subscribe(first, "nothing", 1);
    const watcher = await client(broker.url, { clientId: "watcher", clean: false }, "t");
    const message = { cmd: "publish", topic: "t", payload: "x", qos: 2, messageId: 7, retain: false } as const;
    first.send({ ...message, dup: false });
    await first.answer("pubrec");
    const [now, again] = await comeBack(broker, first, version, how);
    again.send({ ...message, dup: true });
    await again.answer("pubrec");
    again.send({ cmd: "pubrel", messageId: 7 });
    await again.answer("pubcomp");
    const watchers = [watcher, ...(how === RETURNS[2] ? [await client(now.url, { clientId: "watcher", clean: false })] : [])];
    await (await client(now.url)).publishAsync("t", "last", { qos: 1 });
    const texts = (): string[] => watchers.flatMap(({ got }) => got.map(({ text }) => text));
    await eventually(() => texts().includes("last"), { what: "the last message" });
    expect(texts()).toEqual(["x", "last"]);
  }); // prettier-ignore

  test("a client that publishes on topics that begin with $ stays connected, but no subscriber receives these messages", async () => {
    const taken: string[] = [];
    const { url, rejected } = await bareBroker((topic) => void taken.push(topic));
    const watcher = await client(url, {}, "#");
    const sender = await connected(url, "sender", { protocolVersion: version });
    const send = (qos: 0 | 1 | 2): void =>
      sender.send({ cmd: "publish", topic: "$foo/bar", payload: "x", qos, messageId: qos, retain: true, dup: false });
    send(0);
    await sender.processed();
    send(1);
    const puback = await sender.answer("puback");
    send(2);
    const pubrec = await sender.answer("pubrec");
    expect([puback.messageId, pubrec.messageId]).toEqual([1, 2]);
    if (version === 5) expect([puback.reasonCode, pubrec.reasonCode]).toEqual([0x87, 0x87]);
    else {
      sender.send({ cmd: "pubrel", messageId: 2 });
      await sender.answer("pubcomp");
    }
    await sender.processed();
    expect(sender.closed).toBe(false);
    expect(rejected).toEqual(Array(3).fill(expect.stringMatching(/^not-allowed sender .*\$foo\/bar/)));
    sender.send({ cmd: "publish", topic: "last", payload: "x", qos: 0, retain: false, dup: false });
    await eventually(() => watcher.got.length > 0, { what: "the last message" });
    expect([watcher.got.map(({ topic }) => topic), taken]).toEqual([["last"], ["last"]]);
  });
});

describe("a Mosquitto bridge", () => {
  test("a Mosquitto bridge is accepted with its protocol level but without its will, which is reported", async () => {
    const { url, rejected, broker } = await bareBroker();
    const will = "$SYS/broker/connection/x/state";
    const bridge = raw(url);
    bridge.sendBytes(frame(0x10, field("MQTT"), 0x84, 0x24, 0, 60, field("host.x"), field(will), field("0")));
    expect(await bridge.answer("connack")).toMatchObject({ returnCode: 0 });
    bridge.send({ cmd: "publish", topic: will, payload: "1", qos: 1, retain: true, messageId: 1, dup: false });
    await bridge.answer("puback");
    expect(rejected).toEqual([
      expect.stringMatching(/^not-allowed \S+ \(host\.x\) its will on \$SYS\/broker\/connection\/x\/state is dropped/),
      expect.stringMatching(/^not-allowed host\.x .*\$SYS\/broker\/connection\/x\/state/),
    ]);
    const watcher = await client(url, {}, "#");
    bridge.socket.destroy();
    await eventually(() => broker.stats.clients === 1, { what: "its end" });
    await watcher.publishAsync("last", "x", { qos: 1 });
    await eventually(() => watcher.got.length > 0, { what: "the last message" });
    expect(watcher.got.map(({ topic }) => topic)).toEqual(["last"]);
  });

  test.skipIf(missing(MOSQUITTO, "Mosquitto"))("a bridge from a real Mosquitto carries messages both ways", async () => {
    const ours = await bareBroker();
    const port = new URL(ours.url).port;
    const lines = ["allow_anonymous true", "connection x", `address 127.0.0.1:${port}`, "topic # both 1", "bridge_protocol_version mqttv311", "restart_timeout 1"]; // prettier-ignore
    const theirs = await startMosquitto({ lines });
    onTestFinished(() => theirs.remove());
    await eventually(() => ours.broker.sessions.list().some(({ subscriptions }) => subscriptions > 0), { what: "the bridge" });
    const [here, there] = [await client(ours.url, {}, "#"), await client(theirs.url, {}, "#")];
    for (let n = 0; n < 20; n++) {
      await here.publishAsync("from/us", String(n), { qos: 1 });
      await there.publishAsync("from/them", String(n), { qos: 1 });
    }
    for (const [at, topic] of [[here, "from/them"], [there, "from/us"]] as const) {
      const texts = (): string[] => at.got.filter((got) => got.topic === topic).map(({ text }) => text);
      await eventually(() => texts().length >= 20, { what: `all messages on ${topic}` });
      expect(texts()).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
    }
    expect(ours.broker.sessions.list().find(({ client_id }) => client_id.endsWith(".x"))).toMatchObject({ connected: true }); // prettier-ignore
  }); // prettier-ignore
});

test("two clients with the same id that keep reconnecting are listed with their addresses and cause one warning", async () => {
  const { url, broker, warnings } = await bareBroker();
  const fighters = [0, 1].map(() => client(url, { clientId: "twin", reconnectPeriod: 20 }));
  await Promise.all(fighters);
  await eventually(() => (broker.contested[0]?.takeovers ?? 0) >= 6, { what: "some takeovers" });
  expect(broker.contested).toMatchObject([{ client_id: "twin", account: null, addresses: ["127.0.0.1"] }]);
  expect(warnings).toEqual([expect.stringMatching(/Two clients fight over the client id "twin".*127\.0\.0\.1/)]);
}); // prettier-ignore

test("a client id is contested after three takeovers within a minute, until they are a minute old", () => {
  const takeovers = new Takeovers();
  const add = (before: string, after: string, now: number): boolean => takeovers.add("ann\0x", before, after, now);
  expect([add("10.0.0.1", "10.0.0.2", 0), add("10.0.0.2", "10.0.0.1", 1000)]).toEqual([false, false]);
  expect(takeovers.list(1000)).toEqual([]);
  expect([add("10.0.0.1", "10.0.0.3", 2000), add("10.0.0.3", "10.0.0.1", 3000)]).toEqual([true, false]);
  const contested = { client_id: "x", account: "ann", addresses: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], takeovers: 4 };
  expect(takeovers.list(3000).map((one) => ({ ...one, addresses: one.addresses.toSorted() }))).toEqual([contested]);
  expect(takeovers.list(63_000)).toEqual([]);
});

test("reconnecting clients with different ids are not contested", async () => {
  const { url, broker, warnings } = await bareBroker();
  for (let n = 0; n < 10; n++) await (await client(url, { clientId: "one" })).endAsync();
  expect([broker.contested, warnings]).toEqual([[], []]);
});
