/** Tests subscription options and message properties of MQTT 5.0 with live and queued messages. */
import type { IClientPublishOptions } from "mqtt";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { connectClient5, waitForMessage, textsOf, type Client5 } from "../support/mqtt5.js";

/** Connects a client with a session expiry interval of 60 s. */
const connectWithSession = (url: string, clientId: string): Promise<Client5> =>
  connectClient5(url, { clientId, clean: false, properties: { sessionExpiryInterval: 60 } });

/** Clients without and with a session, because the broker delivers messages to these two kinds in different ways. */
const CLIENT_KINDS: [kind: string, connect: (url: string) => Promise<Client5>][] = [
  ["without a session", (url) => connectClient5(url)],
  ["with a session", (url) => connectWithSession(url, "subscriber")],
];

describe.each(CLIENT_KINDS)("a client %s", (_kind, connect) => {
  test.each([0, 1, 2] as const)(
    "a client with No Local receives what others publish at QoS %i, but not its own messages",
    async (qos) => {
      const { url, broker } = await startBareBroker();
      const other = await connectClient5(url);
      const one = await connect(url);
      await one.subscribeAsync("t", { qos, nl: true });
      await one.publishAsync("t", "own", { qos });
      await other.publishAsync("t", "other's", { qos });
      await waitForMessage(one, "other's");
      expect(textsOf(one.received)).toEqual(["other's"]);
      await eventually(() => broker.stats.queued === 0, { what: "an empty queue" });
    },
  );

  test("a client with No Local receives its own message once through another subscription without No Local", async () => {
    const { url, broker } = await startBareBroker();
    const one = await connect(url);
    await one.subscribeAsync("t", { qos: 1, nl: true });
    await one.subscribeAsync("#", { qos: 1 });
    for (const text of ["1", "2"]) await one.publishAsync("t", text, { qos: 1 });
    await waitForMessage(one, "2");
    expect(textsOf(one.received)).toEqual(["1", "2"]);
    await eventually(() => broker.stats.queued === 0, { what: "an empty queue" });
  });

  test.each([
    [true, 0],
    [true, 1],
    [true, 2],
    [false, 1],
  ] as const)("a client with Retain As Published %s receives live messages of QoS %i accordingly", async (rap, qos) => {
    const { url, broker } = await startBareBroker();
    const one = await connect(url);
    await one.subscribeAsync("t", { qos, rap });
    const publisher = await connectClient5(url);
    await publisher.publishAsync("t", "kept", { qos, retain: true });
    await publisher.publishAsync("t", "passing", { qos });
    await waitForMessage(one, "passing");
    expect(one.received.map(({ retain }) => retain)).toEqual([rap, false]);
    await eventually(() => broker.stats.queued === 0, { what: "an empty queue" });
  });

  test("a client receives retained messages according to its Retain Handling: on each subscription, on a new one, or never", async () => {
    const { url } = await startBareBroker();
    const publisher = await connectClient5(url);
    for (const topic of ["a", "b", "c"]) await publisher.publishAsync(topic, topic, { qos: 1, retain: true });
    const one = await connect(url);
    const subscribeAll = async (): Promise<string[]> => {
      const before = one.received.length;
      for (const [rh, topic] of ["a", "b", "c"].entries()) await one.subscribeAsync(topic, { qos: 1, rh });
      await one.subscribeAsync("mark", { qos: 1 });
      await one.publishAsync("mark", `mark ${before}`, { qos: 1 });
      await waitForMessage(one, `mark ${before}`);
      return textsOf(one.received.slice(before, -1)).sort();
    };
    expect(await subscribeAll()).toEqual(["a", "b"]);
    expect(await subscribeAll()).toEqual(["a"]);
  });

  test("a client receives one copy with the identifiers of all matching subscriptions", async () => {
    const { url } = await startBareBroker();
    const one = await connect(url);
    const subscribeWithId = (filter: string, subscriptionIdentifier?: number) =>
      one.subscribeAsync(filter, { qos: 1, properties: { subscriptionIdentifier } });
    await subscribeWithId("a/b", 1);
    await subscribeWithId("a/+", 268_435_455);
    await subscribeWithId("#");
    await subscribeWithId("other", 3);
    for (const topic of ["a/b", "a/c", "x"]) await one.publishAsync(topic, topic, { qos: 1 });
    await waitForMessage(one, "x");
    const identifiers = one.received.map(({ properties }) => properties?.subscriptionIdentifier);
    expect(textsOf(one.received)).toEqual(["a/b", "a/c", "x"]);
    expect(new Set(identifiers[0] as number[])).toEqual(new Set([1, 268_435_455]));
    expect(identifiers.slice(1)).toEqual([268_435_455, undefined]);
  });

  test("a client receives a retained message with the identifier of its new subscription", async () => {
    const { url } = await startBareBroker();
    const one = await connect(url);
    await one.publishAsync("a/b", "kept", { qos: 1, retain: true });
    await one.subscribeAsync("a/+", { qos: 1, properties: { subscriptionIdentifier: 7 } });
    const { properties, retain } = await waitForMessage(one, "kept");
    expect([properties, retain]).toEqual([{ subscriptionIdentifier: 7 }, true]);
  });
});

test("a shared subscription is refused with 0x9E and a reason, and others in the same packet are granted", async () => {
  const { url, rejected } = await startBareBroker();
  const one = await connectClient5(url);
  expect(one.connack.properties).toMatchObject({ sharedSubscriptionAvailable: false });
  const refused: unknown = await one
    .subscribeAsync({ "$share/group/t": { qos: 1 }, t: { qos: 1 } })
    .catch((error: unknown) => error);
  expect(refused).toMatchObject({
    packet: { granted: [0x9e, 1], properties: { reasonString: "shared subscriptions are not supported" } },
  });
  expect(rejected).toEqual([expect.stringMatching(/^not-allowed .* shared subscriptions are not supported$/)]);
  await one.publishAsync("t", "once", { qos: 1 });
  await waitForMessage(one, "once");
  expect(one.received).toHaveLength(1);
});

describe("the properties of a message", () => {
  const properties: IClientPublishOptions["properties"] = {
    payloadFormatIndicator: true,
    contentType: "application/json",
    responseTopic: "answers/1",
    correlationData: Buffer.from([0, 255, 1]),
    userProperties: { unit: "lux", tag: ["a", "b"], "": "" },
  };
  const publishMessage = async (url: string, options: IClientPublishOptions): Promise<void> => {
    const publisher = await connectClient5(url);
    await publisher.publishAsync("t", "{}", { properties, ...options });
    await publisher.endAsync();
  };

  test.each([0, 1, 2] as const)("the properties of a message reach subscribers at QoS %i", async (qos) => {
    const { url } = await startBareBroker();
    const one = await connectClient5(url);
    await one.subscribeAsync("t", { qos });
    await publishMessage(url, { qos });
    expect((await waitForMessage(one, "{}")).properties).toEqual(properties);
  });

  test.each(["at once", "after a restart"])(
    "the properties of a message reach clients from their queues, %s",
    async (when) => {
      let bare = await startBareBroker();
      const leaver = await connectWithSession(bare.url, "a");
      await leaver.subscribeAsync("t", { qos: 1, properties: { subscriptionIdentifier: 5 } });
      await leaver.endAsync();
      await publishMessage(bare.url, { qos: 1 });
      if (when === "after a restart") {
        await bare.close();
        bare = await startBareBroker(undefined, { folder: bare.folder });
      }
      const back = await connectWithSession(bare.url, "a");
      expect((await waitForMessage(back, "{}")).properties).toEqual({ ...properties, subscriptionIdentifier: 5 });
    },
  );

  test.each(["at once", "after a restart"])(
    "the properties of a message reach new subscribers with retained messages, %s",
    async (when) => {
      let bare = await startBareBroker();
      await publishMessage(bare.url, { qos: 1, retain: true });
      if (when === "after a restart") {
        await bare.close();
        bare = await startBareBroker(undefined, { folder: bare.folder });
      }
      const one = await connectClient5(bare.url);
      await one.subscribeAsync("t", { qos: 1 });
      expect((await waitForMessage(one, "{}")).properties).toEqual(properties);
    },
  );
});

describe("a session that is resumed", () => {
  test("a session that is resumed delivers its queue without the retain flag, unless the subscription asks for it", async () => {
    const { url } = await startBareBroker();
    const leaver = await connectWithSession(url, "a");
    await leaver.subscribeAsync("plain", { qos: 1 });
    await leaver.subscribeAsync("asPublished", { qos: 1, rap: true });
    await leaver.endAsync();
    const publisher = await connectClient5(url);
    for (const topic of ["plain", "asPublished"])
      for (const retain of [true, false]) await publisher.publishAsync(topic, topic, { qos: 1, retain });
    const back = await connectWithSession(url, "a");
    await eventually(() => back.received.length === 4, { what: "the queue" });
    expect(back.received.map(({ retain }) => retain)).toEqual([false, false, true, false]);
  });

  test("a session that is resumed keeps the options of its subscriptions", async () => {
    const { url } = await startBareBroker();
    const leaver = await connectWithSession(url, "a");
    await leaver.subscribeAsync("own", { qos: 1, nl: true });
    await leaver.subscribeAsync("t", { qos: 1, rap: true, properties: { subscriptionIdentifier: 9 } });
    await leaver.endAsync();
    const back = await connectWithSession(url, "a");
    await back.publishAsync("own", "own", { qos: 1 });
    await back.publishAsync("t", "kept", { qos: 1, retain: true });
    const { properties, retain } = await waitForMessage(back, "kept");
    expect([properties, retain]).toEqual([{ subscriptionIdentifier: 9 }, true]);
    expect(textsOf(back.received)).toEqual(["kept"]);
  });
});
