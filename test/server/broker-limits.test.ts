/** Tests that a client which exceeds its rate slows down only itself. */
import { generate } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { loginOf, startBrokerWithAccounts } from "./support/guarded.js";
import { floodConnection, connectRawClientAs } from "./support/raw.js";
import { connectClient, type TestClient } from "./support/server.js";

const USERS = { boss: "admin", porch: { device: "nightlight/porch" }, shed: { device: "nightlight/shed" } } as const;

/** Sends readings one after the other. After each reading, waits for the command that answers the reading. */
async function exchangeReadings(device: TestClient, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const before = device.got.length;
    await device.publishAsync("nightlight/porch/telemetry", String(round), { qos: 1 });
    await eventually(() => device.got.length > before, { what: "the answer", every: 1 });
  }
}

describe("a client that floods the broker", () => {
  const small = generate({
    cmd: "publish",
    topic: "nightlight/shed/telemetry",
    payload: "1",
    qos: 0,
    retain: false,
    dup: false,
  });
  const large = generate({
    cmd: "publish",
    topic: "nightlight/shed/telemetry",
    payload: Buffer.alloc(15_000, "x"),
    qos: 0,
    retain: false,
    dup: false,
  });
  const foreign = generate({ cmd: "publish", topic: "x", payload: "1", qos: 0, retain: false, dup: false });
  const ping = generate({ cmd: "pingreq" });
  const ack = generate({ cmd: "puback", messageId: 7 });

  test.each<[what: string, packet: Buffer]>([
    ["small messages", small],
    ["large messages", large],
    ["messages that it may not publish", foreign],
    ["pings", ping],
    ["acknowledgements of nothing", ack],
  ])(
    "a client that floods the broker with %s is slowed down to its share, and another device is served meanwhile",
    async (_what, packet) => {
      const rate = 500;
      const { url, got, rejected } = await startBrokerWithAccounts(USERS, { limits: { rate } });
      const device = await connectClient(url, loginOf("porch"), "nightlight/porch/commands");
      await exchangeReadings(device, 1);
      // The client gains its share from the connection on, so the time begins before it.
      const from = performance.now();
      const attacker = await connectRawClientAs(url, "flood", loginOf("shed"));
      const memory = process.memoryUsage().rss;
      const stop = floodConnection(
        attacker,
        Buffer.concat(Array.from({ length: Math.ceil(16_384 / packet.length) }, () => packet)),
      );
      await exchangeReadings(device, 40);
      const seconds = (performance.now() - from) / 1000;
      const written = stop();

      expect(attacker.isClosed).toBe(false);
      const through = got.filter(([topic]) => topic.includes("shed")).length + rejected.length;
      expect(through).toBeLessThanOrEqual(rate * (seconds + 1) + 100);
      // What the attacker has sent was either processed by the broker, or still fits into the buffers of the sockets.
      expect(written / packet.length).toBeLessThan(through + 8_000_000 / packet.length + 100_000);
      expect(process.memoryUsage().rss - memory).toBeLessThan(150_000_000);
    },
  );

  test("a client that floods the broker delivers all its messages in order in the end, and stays connected longer than its keep alive", async () => {
    const { url, got } = await startBrokerWithAccounts(USERS, { limits: { rate: 100 } });
    const eager = await connectClient(url, { ...loginOf("shed"), keepalive: 2 });
    // the rate (a burst of 100, then 100 per second) delays 500 messages by 4 s, longer than the keep-alive of 3 s
    const count = 500;
    await Promise.all(
      Array.from({ length: count }, (_, n) => eager.publishAsync("nightlight/shed/telemetry", String(n), { qos: 1 })),
    );
    expect(got.map(([, text]) => Number(text))).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(eager.connected).toBe(true);
  });

  test("a client that floods the broker stays connected while its subscriptions overdraw its token bucket", async () => {
    const { url } = await startBrokerWithAccounts(USERS, { limits: { rate: 20 } });
    const login = { username: "boss", password: loginOf("boss").password };
    const debtor = await connectRawClientAs(url, "debtor", login, { keepalive: 2 });
    const subscriptions = Array.from({ length: 120 }, (_, n) => ({ topic: `t/${n}`, qos: 0 as const }));
    debtor.send({ cmd: "subscribe", messageId: 1, subscriptions });
    // the SUBSCRIBE exceeded the rate, so the broker reads nothing for 5 s, longer than the keep-alive of 3 s
    debtor.send({ cmd: "pingreq" });
    await eventually(() => debtor.packets.some(({ cmd }) => cmd === "pingresp"), {
      what: "the answer",
    });
    expect(debtor.isClosed).toBe(false);
  });

  test("a client that floods the broker with acknowledgements is not slowed down, because they do not count towards its rate", async () => {
    // at 3 packets per second, the reader's 900 acknowledgements would take five minutes if they counted towards its rate
    const { url } = await startBrokerWithAccounts(USERS, { limits: { rate: 3 } });
    const reader = await connectClient(url, loginOf("boss"), "nightlight/+/telemetry");
    const writers = await Promise.all(
      Array.from({ length: 300 }, (_, n) => connectClient(url, { ...loginOf("boss"), clientId: `w${n}` })),
    );
    for (const writer of writers)
      for (let n = 0; n < 3; n++) writer.publish("nightlight/shed/telemetry", String(n), { qos: 1 });
    await eventually(() => reader.got.length === 900, { what: "all messages" });
    await reader.publishAsync("nightlight/porch/set", "1", { qos: 1 });
  });
});
