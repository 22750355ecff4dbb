/** Tests the limits of the embedded broker for payloads, connections, subscriptions, sessions and queues. */
import net from "node:net";
import { generate } from "mqtt-packet";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { loginOf, startBrokerWithAccounts } from "./support/guarded.js";
import { createConnectPacket, openRawClient, connectRawClientAs, type RawClient } from "./support/raw.js";
import { connectClient } from "./support/server.js";

const USERS = { boss: "admin", porch: { device: "nightlight/porch" } } as const;

describe("a payload above the limit", () => {
  test.each([0, 1, 2] as const)("at QoS %i is dropped and counted; the client stays connected", async (qos) => {
    const { url, got, rejected } = await startBrokerWithAccounts(USERS, { limits: { payload: 1000 } });
    const boss = await connectClient(url, { ...loginOf("boss"), clientId: "b" });
    await boss.publishAsync("a", Buffer.alloc(1000, "x"), { qos });
    for (const size of [1001, 66_000, 67_000, 1_500_000])
      await boss.publishAsync("b", Buffer.alloc(size, "x"), { qos });
    await boss.publishAsync("c", "after", { qos });
    await eventually(() => got.length === 2, { what: "the message after it" });
    expect(got.map(([topic, { length }]) => [topic, length])).toEqual([
      ["a", 1000],
      ["c", 5],
    ]);
    const problem = ["too-large", "boss (b)", "a payload above 1000 bytes on b"];
    expect(rejected).toEqual([problem, problem, problem, problem]);
  });

  test("a payload above the limit is also dropped when it is sent before CONNACK arrives", async () => {
    const { url, got, rejected } = await startBrokerWithAccounts(USERS);
    const { socket, packets } = openRawClient(url);
    const connect = createConnectPacket("b", { username: "boss", password: Buffer.from(loginOf("boss").password) });
    const encodePublish = (topic: string, payload: Buffer): Buffer =>
      generate({ cmd: "publish", topic, payload, qos: 1, messageId: 1, retain: false, dup: false });
    const large = encodePublish("a", Buffer.alloc(1_048_576, "x"));
    socket.write(Buffer.concat([generate(connect), large, encodePublish("b", Buffer.from("after"))]));
    await eventually(() => packets.filter(({ cmd }) => cmd === "puback").length === 2, { what: "both PUBACKs" });
    expect(got).toEqual([["b", "after"]]);
    expect(rejected).toEqual([["too-large", "boss (b)", "a payload above 16384 bytes on a"]]);
  });

  test("a payload above the limit is not read from a client whose login fails", async () => {
    const { url, got, rejected } = await startBrokerWithAccounts(USERS);
    const stranger = openRawClient(url);
    const connect = createConnectPacket("b", { username: "boss", password: Buffer.from("guessed") });
    const topic = "a";
    const payload = Buffer.alloc(1_048_576, "x");
    stranger.socket.write(
      Buffer.concat([
        generate(connect),
        generate({ cmd: "publish", topic, payload, qos: 0, retain: false, dup: false }),
      ]),
    );
    await eventually(() => stranger.isClosed, { what: "the connection to be closed" });
    expect(rejected.map(([reason]) => reason)).toEqual(["bad-login"]);
    expect(got).toEqual([]);
  });

  test("a payload above the limit in a will makes the broker refuse the client", async () => {
    const { url } = await startBrokerWithAccounts(USERS, { limits: { payload: 100 } });
    const will = { topic: "a", payload: Buffer.alloc(101, "x"), qos: 1, retain: false } as const;
    await expect(connectClient(url, { ...loginOf("boss"), will })).rejects.toThrow(/Not authorized/);
  });
});

describe("connections", () => {
  test("connections are limited: one too many is closed, and a new one is accepted after another ends", async () => {
    const { url, rejected, broker } = await startBrokerWithAccounts(USERS, { limits: { connections: 3 } });
    const three = [
      await connectClient(url, loginOf("boss")),
      await connectClient(url, loginOf("boss")),
      await connectClient(url, loginOf("porch")),
    ];
    await expect(connectClient(url, loginOf("boss"))).rejects.toThrow();
    expect(rejected).toEqual([["over-limit", "connections", "more than 3 connections at once"]]);
    expect(broker.stats.clients).toBe(3);
    expect(three.every(({ connected }) => connected)).toBe(true);
    await three[0].endAsync();
    await eventually(() => connectClient(url, loginOf("boss")), { what: "room for another", every: 50 });
  });

  test("connections without a login are closed after a timeout, even if bytes keep arriving", async () => {
    const { url, got } = await startBrokerWithAccounts(USERS, { patience: 300 });
    const silent = openRawClient(url);
    const slow = openRawClient(url);
    const bytes = generate(createConnectPacket("x".repeat(200), { username: "boss", password: Buffer.from("x") }));
    let sent = 0;
    const trickle = setInterval(() => slow.socket.write(bytes.subarray(sent, ++sent)), 30);
    onTestFinished(() => clearInterval(trickle));
    await eventually(() => silent.isClosed && slow.isClosed, { what: "both to be closed" });
    expect(sent).toBeLessThan(bytes.length);
    expect(got).toEqual([]);
  });

  test("more than a thousand connections without a login cannot keep clients out", async () => {
    // sets the login timeout to an hour, so that the broker does not close the idle connections
    const { url, broker } = await startBrokerWithAccounts(USERS, { patience: 3_600_000 });
    const idle: RawClient[] = [];
    // open a hundred at a time, because some systems drop connections without an error when more arrive at once
    while (idle.length < 1200) {
      idle.push(...Array.from({ length: 100 }, () => openRawClient(url)));
      const some = Math.min(idle.length, 1000);
      await eventually(() => broker.stats.clients >= some, { what: `${some} connections` });
    }
    const device = await connectClient(url, loginOf("porch"), "nightlight/porch/commands");
    await device.publishAsync("nightlight/porch/telemetry", "1", { qos: 1 });
    await eventually(() => device.got.length === 1, { what: "the answer" });
    await eventually(() => idle.filter(({ isClosed }) => isClosed).length >= 200, {
      what: "the oldest to be closed",
    });
    expect(idle.at(-1)!.isClosed).toBe(false);
  });
});

describe("subscriptions", () => {
  test("subscriptions are limited: SUBACK refuses one too many, and UNSUBSCRIBE makes room for another", async () => {
    const { url } = await startBrokerWithAccounts(USERS, { limits: { subscriptions: 3 } });
    const boss = await connectClient(url, { ...loginOf("boss"), clean: false, clientId: "b" }, "a", "b");
    await boss.subscribeAsync(["c", "d", "e"]).catch(() => {});
    await boss.publishAsync("d", "refused");
    await boss.publishAsync("c", "granted");
    await eventually(() => boss.got.length > 0, { what: "the message that it may have" });
    expect(boss.got.map(({ text }) => text)).toEqual(["granted"]);
    await boss.subscribeAsync("a");
    await boss.unsubscribeAsync("a");
    await boss.subscribeAsync("d");
  });

  test("subscriptions are limited also for five thousand filters in one packet", async () => {
    const { url } = await startBrokerWithAccounts(USERS, { limits: { subscriptions: 10 } });
    const boss = await connectRawClientAs(url, "b", { username: "boss", password: loginOf("boss").password });
    const subscriptions = Array.from({ length: 5000 }, (_, n) => ({ topic: `t/${n}`, qos: 1 as const }));
    boss.send({ cmd: "subscribe", messageId: 1, subscriptions });
    const suback = await eventually(() => boss.packets.find(({ cmd }) => cmd === "suback"), { what: "SUBACK" });
    const grantedQos = (suback as unknown as { granted: number[] }).granted;
    expect([grantedQos.filter((qos) => qos === 1).length, grantedQos.filter((qos) => qos === 128).length]).toEqual([
      10, 4990,
    ]);
  });
});

describe("a session of a disconnected client", () => {
  const session = { ...loginOf("porch"), clientId: "p", clean: false } as const;
  const topic = "nightlight/porch/commands";

  test("a session of a disconnected client keeps the newest messages up to the limit in order and counts the dropped ones", async () => {
    const { url, rejected, broker } = await startBrokerWithAccounts(USERS, { limits: { queue: 50 } });
    await (await connectClient(url, session, topic)).endAsync();
    const boss = await connectClient(url, loginOf("boss"));
    for (let n = 0; n < 200; n++) await boss.publishAsync(topic, String(n), { qos: 1 });
    await eventually(() => broker.stats.queued <= 50, { what: "the oldest to go" });
    const dropped = 200 - broker.stats.queued;
    expect(rejected.filter(([reason, from]) => reason === "queue-full" && from === "porch (p)")).toHaveLength(dropped);
    const awake = await connectClient(url, session);
    await eventually(() => awake.got.length === 200 - dropped, { what: "the queued messages" });
    expect(awake.got.map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 200 - dropped }, (_, n) => dropped + n),
    );
    expect(awake.got.length).toBeGreaterThanOrEqual(40);
    await eventually(() => broker.stats.queued === 0, { what: "the queue to be empty" });
  });

  test("a session with only QoS 0 subscriptions queues nothing", async () => {
    const { url, broker } = await startBrokerWithAccounts(USERS);
    const asleep = await connectClient(url, session);
    await asleep.subscribeAsync(topic, { qos: 0 });
    await asleep.endAsync();
    await (await connectClient(url, loginOf("boss"))).publishAsync(topic, "1", { qos: 1 });
    expect(broker.stats.queued).toBe(0);
  });

  test("a session of a disconnected client loses its queue when the client starts a clean session [MQTT-3.1.2-6]", async () => {
    const { url, broker } = await startBrokerWithAccounts(USERS);
    await (await connectClient(url, session, topic)).endAsync();
    const boss = await connectClient(url, loginOf("boss"));
    await boss.publishAsync(topic, "old", { qos: 1 });
    await eventually(() => broker.stats.queued === 1, { what: "the message to wait" });
    await (await connectClient(url, { ...session, clean: true })).endAsync();
    const again = await connectClient(url, session, topic);
    await boss.publishAsync(topic, "new", { qos: 1 });
    await eventually(() => again.got.length > 0, { what: "the new message" });
    expect(again.got.map(({ text }) => text)).toEqual(["new"]);
  });

  test("a session of a disconnected client counts towards the limit for sessions", async () => {
    const { url } = await startBrokerWithAccounts(USERS, { limits: { connections: 3 } });
    const boss = { ...loginOf("boss"), clean: false };
    for (let n = 0; n < 3; n++) await (await connectClient(url, { ...boss, clientId: `s${n}` }, "a")).endAsync();
    await expect(connectClient(url, { ...boss, clientId: "s3" })).rejects.toMatchObject({ code: 3 });
    await connectClient(url, { ...boss, clientId: "s2" });
    await connectClient(url, loginOf("boss"));
  });
});

describe("a client that does not read", () => {
  test.each([0, 1] as const)("at QoS %i does not delay others, and uses a limited amount of memory", async (qos) => {
    const { url, rejected } = await startBrokerWithAccounts(USERS, { limits: { rate: 10_000 } });
    const login = { username: "boss", password: loginOf("boss").password };
    const stuck = await connectRawClientAs(url, "stuck", login);
    stuck.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "bulk", qos }] });
    await eventually(() => stuck.packets.some(({ cmd }) => cmd === "suback"), { what: "SUBACK" });
    stuck.socket.pause();
    const boss = await connectClient(url, { ...loginOf("boss"), clientId: "source" }, "bulk");
    const payload = Buffer.alloc(16_000, "x");
    const before = process.memoryUsage().rss;
    // publishes more messages than the kernel buffers for one connection, so that the broker must queue messages
    const count = 2500;
    for (let n = 0; n < count; n++) boss.publish("bulk", payload, { qos: 1 });
    await eventually(() => boss.got.length === count, { what: "the messages at another reader" });
    expect(rejected.every(([reason, from]) => reason === "over-limit" && from === "boss (stuck)")).toBe(true);
    expect(rejected.length).toBeGreaterThan(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  });
});

test("the broker survives a port scan, with connections that end at once", async () => {
  const { url } = await startBrokerWithAccounts(USERS);
  const port = Number(new URL(url).port);
  await Promise.all(
    Array.from(
      { length: 200 },
      () =>
        new Promise<void>((resolve) => {
          const socket = net.connect(port, "127.0.0.1", () => socket.resetAndDestroy());
          socket.on("error", () => {}).on("close", () => resolve());
        }),
    ),
  );
  await connectClient(url, loginOf("boss"));
});
