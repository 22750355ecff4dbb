/** Tests MQTT 3.1.1 and 5.0 clients at one broker: 3.1.1 clients receive nothing specific to 5.0. */
import type { IPublishPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { startTestBoard as startBoard } from "../support/board.js";
import { connectClient5, waitForMessage, textsOf } from "../support/mqtt5.js";
import { connectRawClient } from "../support/raw.js";
import { connectClient, startTestServer } from "../support/server.js";

const ID = "nightlight/porch";

/** Message properties that an MQTT 5.0 client sends and a 3.1.1 client must not receive. */
const MQTT5_PROPERTIES = {
  messageExpiryInterval: 600,
  contentType: "application/json",
  responseTopic: "answers",
  correlationData: Buffer.from([1, 2]),
  userProperties: { by: "app" },
};

describe("a board with MQTT 3.1.1 and an app with MQTT 5.0", () => {
  test("a board with MQTT 3.1.1 and an app with MQTT 5.0 exchange readings, commands, the lamp's state and the board's configuration", async () => {
    const { brokerUrl } = await startTestServer({ http: false });
    const board = await startBoard(brokerUrl, ID);
    const app = await connectClient5(brokerUrl);
    await app.subscribeAsync(`${ID}/#`, { qos: 1, properties: { subscriptionIdentifier: 1 } });
    await board.read(100);
    await waitForMessage(app, '{"light":100,"boot":7,"seq":1}');
    await eventually(() => board.commands.some(({ text }) => text.includes('"led_on":true')), { what: "the command" });
    await app.publishAsync(`${ID}/set`, '{"mode":"off"}', { qos: 1, properties: MQTT5_PROPERTIES });
    await eventually(() => board.commands.at(-1)!.text.includes('"led_on":false'), { what: "the override" });
    const decision = `${ID}/decision`;
    const listReceivedDecisions = (): string[] => textsOf(app.received.filter(({ topic }) => topic === decision));
    await eventually(() => listReceivedDecisions().at(-1)?.includes('"mode":"off"'), { what: "the lamp's state" });
    const later = await connectClient5(brokerUrl);
    await later.subscribeAsync(decision, { qos: 1 });
    await eventually(() => later.received.length > 0, { what: "the retained state" });
    expect(later.received[0]).toMatchObject({ retain: true });
    expect(String(later.received[0].payload)).toContain('"mode":"off"');
    expect(board.client.connected && app.connected).toBe(true);
  });

  test.each([4, 5] as const)("each receive the other's will (protocol version of the will's client: %i)", async (version) => {
    const { url } = await startBareBroker();
    const will = { topic: "x/status", payload: Buffer.from("gone"), qos: 1, retain: true, ...(version === 5 && { properties: { userProperties: { a: "b" } } }) } as const;
    const leaver = version === 5 ? await connectClient5(url, { will }) : await connectClient(url, { will });
    const watcher = version === 5 ? await connectClient(url, {}, "x/status") : await connectClient5(url);
    if (version === 4) await watcher.subscribeAsync("x/status", { qos: 1 });
    const seen: string[] = [];
    watcher.on("message", (_topic, payload) => void seen.push(String(payload)));
    leaver.stream.destroy();
    await eventually(() => seen.length > 0, { what: "the will" });
    const later = await connectClient(url, {}, "x/status");
    await eventually(() => later.got.length > 0, { what: "the retained will" });
    expect([seen, later.got[0]]).toMatchObject([["gone"], { text: "gone", retained: true }]);
  }); // prettier-ignore
});

describe("message properties and 3.1.1 clients", () => {
  const publishMessage = async (url: string, topic: string, retain: boolean): Promise<void> => {
    const app = await connectClient5(url);
    await app.publishAsync(topic, "{}", { qos: 1, retain, properties: MQTT5_PROPERTIES });
    await app.endAsync();
  };

  test.each(["live", "from its queue", "retained"])(
    "a 3.1.1 client receives a message without its properties (%s)",
    async (how) => {
      const { url } = await startBareBroker();
      const createSubscription = async () => {
        const one = await connectRawClient(url, "board", { clean: false });
        one.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 1 }] });
        await one.waitForPacket("suback");
        return one;
      };
      if (how === "retained") await publishMessage(url, "t", true);
      let one = await createSubscription();
      if (how === "live") await publishMessage(url, "t", false);
      if (how === "from its queue") {
        one.socket.destroy();
        await publishMessage(url, "t", false);
        one = await connectRawClient(url, "board", { clean: false });
      }
      const packet: IPublishPacket = await one.waitForPacket("publish");
      expect(packet).toMatchObject({ topic: "t", qos: 1, retain: how === "retained" });
      // the packet has no properties, only the topic with its length (2 + 1), the packet identifier (2) and the payload (2)
      expect(packet.length).toBe(2 + 1 + 2 + 2);
      expect(String(packet.payload)).toBe("{}");
    },
  );
});

test("a 3.1.1 session keeps its queue while 5.0 clients connect and disconnect, except for expired messages", async () => {
  const { url, broker } = await startBareBroker();
  const session = { clientId: "board", clean: false } as const;
  await (await connectClient(url, session, "t")).endAsync();
  const app = await connectClient5(url);
  await app.publishAsync("t", "short-lived", { qos: 1, properties: { messageExpiryInterval: 1 } });
  await app.publishAsync("t", "lasting", { qos: 1, properties: { messageExpiryInterval: 600 } });
  for (let n = 0; n < 3; n++) await (await connectClient5(url)).endAsync();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const board = await connectClient(url, session);
  await eventually(() => board.got.length > 0, { what: "its queue" });
  expect(board.got).toMatchObject([{ text: "lasting", retained: false }]);
  await eventually(() => broker.stats.queued === 0, { what: "an empty queue" });
});

test("a session can be resumed with the other protocol version", async () => {
  const { url } = await startBareBroker();
  const old = await connectClient(url, { clientId: "a", clean: false }, "t");
  await old.endAsync();
  const publisher = await connectClient5(url);
  await publisher.publishAsync("t", "1", { qos: 1, properties: MQTT5_PROPERTIES });
  const newer = await connectClient5(url, { clientId: "a", clean: false, properties: { sessionExpiryInterval: 60 } });
  expect(newer.connack.sessionPresent).toBe(true);
  expect((await waitForMessage(newer, "1")).properties).toMatchObject({ userProperties: { by: "app" } });
  await newer.endAsync();
  await publisher.publishAsync("t", "2", { qos: 1, properties: MQTT5_PROPERTIES });
  const oldAgain = await connectClient(url, { clientId: "a", clean: false });
  await eventually(() => oldAgain.got.length > 0, { what: "the next message" });
  expect(oldAgain.got.map(({ text }) => text)).toEqual(["2"]);
});
