/** Tests MQTT 5.0 flow control: receive maximum, maximum packet size and topic aliases. */
import type { IConnackPacket, IPublishPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { DEFAULT_OPTIONS } from "../../../server/src/config/options.js";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { startBrokerWithAccounts, loginOf } from "../support/guarded.js";
import { connectClient5, waitForMessage, textsOf } from "../support/mqtt5.js";
import { connectRawClient, type RawClient } from "../support/raw.js";

type Properties = NonNullable<Parameters<typeof connectRawClient>[2]>["properties"];

/** Connects a raw client, which sends only what the test sends. The session expiry interval is in s. */
const connectRaw5 = (url: string, properties: Properties = {}, clientId = "raw"): Promise<RawClient> =>
  connectRawClient(url, clientId, { protocolVersion: 5, clean: !properties?.sessionExpiryInterval, properties });

const publishesOf = ({ packets }: RawClient): IPublishPacket[] => packets.filter((packet) => packet.cmd === "publish");

async function subscribeRaw(client: RawClient, topic: string, qos: 0 | 1 | 2): Promise<void> {
  client.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos }] });
  await client.waitForPacket("suback");
}

/** Creates a PUBLISH packet of QoS 1. */
function createPublish(
  topic: string,
  payload: string | Buffer,
  properties?: IPublishPacket["properties"],
): IPublishPacket {
  return { cmd: "publish", topic, payload, qos: 1, dup: false, retain: false, messageId: 1, properties };
}

describe("CONNACK", () => {
  test("CONNACK announces a receive maximum of 1,000, the largest packet and 64 topic aliases", async () => {
    const { url, broker } = await startBareBroker();
    const { connack } = await connectClient5(url);
    const takes = { receiveMaximum: 1000, maximumPacketSize: broker.largestPacket, topicAliasMaximum: 64 };
    expect(connack.properties).toMatchObject(takes);
  });

  test("CONNACK assigns a unique client id to a client without one", async () => {
    const { url, broker } = await startBareBroker();
    const options = { clientId: "", properties: { sessionExpiryInterval: 60 } };
    const ids = [await connectClient5(url, options), await connectClient5(url, options)].map(
      ({ connack }) => connack.properties!.assignedClientIdentifier,
    );
    expect(new Set(ids).size).toBe(2);
    expect(broker.sessions.list().map(({ client_id }) => client_id)).toEqual(ids);
    expect(
      (await connectClient5(url, { clientId: "own" })).connack.properties!.assignedClientIdentifier,
    ).toBeUndefined();
  });

  test.each([
    [0, 3600],
    [3601, 3600],
    [65_535, 3600],
    [3600, undefined],
    [60, undefined],
  ])("CONNACK answers a keep-alive of %i s with a Server Keep Alive of %s s", async (keepalive, serverKeepAlive) => {
    const { url } = await startBareBroker();
    const asking = await connectRawClient(url, "a", { protocolVersion: 5, keepalive });
    const { properties } = asking.packets[0] as IConnackPacket;
    expect(properties!.serverKeepAlive).toBe(serverKeepAlive);
  });

  test.each(["receiveMaximum", "maximumPacketSize"])("CONNACK refuses a %s of 0 with 0x82", async (property) => {
    const { url } = await startBareBroker();
    const refused = await connectRaw5(url, { [property]: 0 });
    expect(refused.packets[0]).toMatchObject({ reasonCode: 0x82 });
    await refused.waitForClose();
  });
});

describe.each([0, 60])("a client whose session outlives its connection by %i s", (sessionExpiryInterval) => {
  test.each([1, 2] as const)(
    "a client has no more inflight messages of QoS %i than its receive maximum",
    async (qos) => {
      const { url } = await startBareBroker();
      const one = await connectRaw5(url, { receiveMaximum: 2, sessionExpiryInterval });
      await subscribeRaw(one, "t", qos);
      const publisher = await connectClient5(url);
      for (let n = 0; n < 5; n++) await publisher.publishAsync("t", String(n), { qos });
      for (let done = 0; done < 5; done++) {
        const sent = Math.min(done + 2, 5);
        await eventually(() => publishesOf(one).length === sent, { what: "two messages on their way" });
        await one.waitUntilProcessed();
        expect(publishesOf(one)).toHaveLength(sent);
        const { messageId } = publishesOf(one)[done];
        if (qos === 2) {
          one.send({ cmd: "pubrec", messageId });
          await eventually(() => one.packets.some((p) => p.cmd === "pubrel" && p.messageId === messageId));
        }
        one.send({ cmd: qos === 1 ? "puback" : "pubcomp", messageId });
      }
      expect(textsOf(publishesOf(one))).toEqual(["0", "1", "2", "3", "4"]);
    },
  );

  test.each([0, 1, 2] as const)(
    "a client receives no message of QoS %i above its maximum packet size, but all others",
    async (qos) => {
      const { url, broker, rejected } = await startBareBroker();
      const properties = { maximumPacketSize: 100, receiveMaximum: 1, sessionExpiryInterval };
      const one = await connectClient5(url, { clientId: "one", clean: false, properties });
      await one.subscribeAsync("t", { qos });
      const publisher = await connectClient5(url);
      const large = "x".repeat(200);
      for (const text of ["1", large, large, "2", large, "3"]) await publisher.publishAsync("t", text, { qos });
      await waitForMessage(one, "3");
      expect(textsOf(one.received)).toEqual(["1", "2", "3"]);
      await eventually(() => broker.stats.queued === 0, { what: "an empty queue" });
      expect(rejected).toEqual([]);
    },
  );
});

test("a client receives the reason code without the reason string when the packet would be too large", async () => {
  const { url } = await startBrokerWithAccounts(
    { porch: { device: "nightlight/porch" } },
    { limits: { payload: 100 } },
  );
  const topic = "shed/".repeat(30) + "commands";
  const { username, password } = loginOf("porch");
  const options = { protocolVersion: 5, username, password: Buffer.from(password) } as const;
  const one = await connectRawClient(url, "p", { ...options, properties: { maximumPacketSize: 60 } });
  one.send(createPublish(topic, "x"));
  one.send({ cmd: "subscribe", messageId: 2, subscriptions: [{ topic, qos: 1 }] });
  one.send({ ...createPublish(topic, Buffer.alloc(101)), qos: 2, messageId: 3 });
  expect(await one.waitForPacket("puback")).toMatchObject({ reasonCode: 0x87 });
  expect(await one.waitForPacket("suback")).toMatchObject({ granted: [0x87] });
  expect(await one.waitForPacket("pubrec")).toMatchObject({ reasonCode: 0x97 });
  for (const { length } of one.packets) expect(length! + 2).toBeLessThanOrEqual(60);
});

describe("a message that is too large", () => {
  const { payload: most } = DEFAULT_OPTIONS.limits;

  test("a message above the payload limit is refused with 0x97, and one exactly at the limit is accepted", async () => {
    const { url, rejected } = await startBareBroker();
    const one = await connectClient5(url);
    await one.subscribeAsync("t", { qos: 1 });
    for (const qos of [1, 2] as const) {
      const refused: unknown = await one.publishAsync("t", Buffer.alloc(most + 1), { qos }).catch((e: unknown) => e);
      expect(refused).toMatchObject({ code: 0x97 });
    }
    await one.publishAsync("t", "x".repeat(most), { qos: 1 });
    await waitForMessage(one, "x".repeat(most));
    expect(one.received).toHaveLength(1);
    expect(rejected).toHaveLength(2);
    const blunt = await connectRaw5(url);
    blunt.send(createPublish("t", Buffer.alloc(most + 1)));
    const properties = { reasonString: `a payload above ${most} bytes on t` };
    expect(await blunt.waitForPacket("puback")).toMatchObject({ reasonCode: 0x97, properties });
  });

  test("a message above the maximum packet size ends the connection with DISCONNECT 0x95", async () => {
    const { url, broker } = await startBareBroker();
    const one = await connectRaw5(url);
    one.send(createPublish("t", Buffer.alloc(broker.largestPacket)));
    const properties = { reasonString: expect.stringContaining(`the most is ${broker.largestPacket}`) };
    expect(await one.waitForPacket("disconnect")).toMatchObject({ reasonCode: 0x95, properties });
    await one.waitForClose();
  });
});

describe("a topic alias", () => {
  test("a topic alias stands for the topic last sent with it on the same connection, and is not forwarded", async () => {
    const { url } = await startBareBroker();
    const watcher = await connectClient5(url);
    await watcher.subscribeAsync("#", { qos: 1 });
    const one = await connectRaw5(url);
    for (const [index, topic] of ["a", "", "b", ""].entries())
      one.send(createPublish(topic, String(index), { topicAlias: 64 }));
    await waitForMessage(watcher, "3");
    expect(watcher.received.map(({ topic }) => topic)).toEqual(["a", "a", "b", "b"]);
    expect(watcher.received.every(({ properties }) => properties?.topicAlias === undefined)).toBe(true);
    const another = await connectRaw5(url, {}, "another");
    another.send(createPublish("", "5", { topicAlias: 64 }));
    expect(await another.waitForPacket("disconnect")).toMatchObject({ reasonCode: 0x94 });
  });

  test.each([0, 65, 65_535])(
    "a topic alias of %i ends the connection with DISCONNECT 0x94 and its reason",
    async (topicAlias) => {
      const { url, rejected } = await startBareBroker();
      const one = await connectRaw5(url);
      one.send(createPublish("a", "1", { topicAlias }));
      const properties = { reasonString: "the topic alias is unknown, or larger than the server allows" };
      expect(await one.waitForPacket("disconnect")).toMatchObject({ reasonCode: 0x94, properties });
      await one.waitForClose();
      expect(rejected).toHaveLength(1);
    },
  );
});
