/** Tests session expiry, message expiry and will delay of MQTT 5.0. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startBareBroker, type BareBroker } from "../support/bare-broker.js";
import { connectClient5, waitForMessage, textsOf, type Client5 } from "../support/mqtt5.js";

/** Returns connection options with a client id and a session expiry interval in s. */
const createSessionOptions = (clientId: string, sessionExpiryInterval?: number) =>
  ({ clientId, clean: false, properties: { sessionExpiryInterval } }) as const;

/** Creates a session with a subscription at QoS 1, and disconnects. */
async function createSession(
  url: string,
  options: ReturnType<typeof createSessionOptions>,
  topic: string,
): Promise<void> {
  const leaver = await connectClient5(url, options);
  await leaver.subscribeAsync(topic, { qos: 1 });
  await leaver.endAsync();
}

async function waitForNoSession({ broker }: BareBroker): Promise<void> {
  await eventually(() => broker.sessions.list().length === 0, { what: "the end of the session" });
}

describe("a session", () => {
  test.each([undefined, 0])("a session with an expiry interval of %s ends with its connection", async (interval) => {
    const bare = await startBareBroker();
    await createSession(bare.url, createSessionOptions("a", interval), "t");
    await waitForNoSession(bare);
    const again = await connectClient5(bare.url, createSessionOptions("a", 60));
    expect(again.connack).toMatchObject({ sessionPresent: false });
    expect(again.connack.properties?.sessionExpiryInterval).toBeUndefined();
  });

  test("a session is kept for its expiry interval, and no longer", async () => {
    const bare = await startBareBroker();
    await createSession(bare.url, createSessionOptions("a", 2), "t");
    const { disconnected_at, expires_at } = await eventually(
      () => bare.broker.sessions.list().find((session) => session.expires_at),
      { what: "the client to be away" },
    );
    expect(Date.parse(expires_at!) - Date.parse(disconnected_at!)).toBe(2000);
    await waitForNoSession(bare);
    // the broker's clock, which never goes back, may differ from the system's a little
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expires_at!) - 100);
    expect((await connectClient5(bare.url, createSessionOptions("a", 60))).connack.sessionPresent).toBe(false);
  });

  test.each([61, 0xffffffff])(
    "a session that asks for %i s gets the limit of 60 s, and CONNACK says so",
    async (interval) => {
      const { url, broker } = await startBareBroker(undefined, { limits: { sessionExpiry: 60_000 } });
      const asking = await connectClient5(url, createSessionOptions("a", interval));
      expect(asking.connack.properties).toMatchObject({ sessionExpiryInterval: 60 });
      await asking.endAsync();
      const [{ disconnected_at, expires_at }] = await eventually(
        () => broker.sessions.list()[0].expires_at && broker.sessions.list(),
      );
      expect(Date.parse(expires_at!) - Date.parse(disconnected_at!)).toBe(60_000);
    },
  );

  test.each([
    [60, 0, undefined],
    [60, 30, 30],
    [30, 60, 60],
    [0, 60, undefined],
  ])("a session of %i s whose client disconnects with an interval of %i s is kept for %s s", async (from, to, kept) => {
    const bare = await startBareBroker();
    const leaver = await connectClient5(bare.url, createSessionOptions("a", from));
    await leaver.endAsync(false, { properties: { sessionExpiryInterval: to } });
    if (kept === undefined) return waitForNoSession(bare);
    const readExpiryTime = (): string | null => bare.broker.sessions.list()[0].expires_at;
    await eventually(() => readExpiryTime() !== null, { what: "the client to be away" });
    expect(Date.parse(readExpiryTime()!) - Date.parse(bare.broker.sessions.list()[0].disconnected_at!)).toBe(
      kept * 1000,
    );
  });

  test("a session that is resumed without an expiry interval delivers its queue once and then ends", async () => {
    const bare = await startBareBroker();
    await createSession(bare.url, createSessionOptions("a", 60), "t");
    const publisher = await connectClient5(bare.url);
    for (const text of ["1", "2"]) await publisher.publishAsync("t", text, { qos: 1 });
    const back = await connectClient5(bare.url, createSessionOptions("a"));
    expect(back.connack.sessionPresent).toBe(true);
    await waitForMessage(back, "2");
    expect(textsOf(back.received)).toEqual(["1", "2"]);
    await back.endAsync();
    await waitForNoSession(bare);
    const later = await connectClient5(bare.url, createSessionOptions("a", 60));
    expect(later.connack.sessionPresent).toBe(false);
    await publisher.publishAsync("t", "3", { qos: 1 });
    await later.subscribeAsync("t", { qos: 1 });
    await publisher.publishAsync("t", "4", { qos: 1 });
    await waitForMessage(later, "4");
    expect(textsOf(later.received)).toEqual(["4"]);
  });

  test("a session is discarded with its queue by Clean Start, and a new one begins", async () => {
    const { url } = await startBareBroker();
    await createSession(url, createSessionOptions("a", 60), "t");
    const publisher = await connectClient5(url);
    await publisher.publishAsync("t", "old", { qos: 1 });
    const anew = await connectClient5(url, { ...createSessionOptions("a", 60), clean: true });
    expect(anew.connack.sessionPresent).toBe(false);
    await anew.subscribeAsync("u", { qos: 1 });
    await anew.endAsync();
    for (const topic of ["t", "u"]) await publisher.publishAsync(topic, `new ${topic}`, { qos: 1 });
    const back = await connectClient5(url, createSessionOptions("a", 60));
    expect(back.connack.sessionPresent).toBe(true);
    await waitForMessage(back, "new u");
    expect(textsOf(back.received)).toEqual(["new u"]);
  });
});

describe("a message that expires", () => {
  const createExpiryOptions = (messageExpiryInterval?: number) =>
    ({ qos: 1, properties: { messageExpiryInterval } }) as const;

  test("a message that expires is forwarded at once with its interval", async () => {
    const { url } = await startBareBroker();
    const one = await connectClient5(url);
    await one.subscribeAsync("t");
    await one.publishAsync("t", "1", createExpiryOptions(60));
    expect((await waitForMessage(one, "1")).properties).toEqual({ messageExpiryInterval: 60 });
  });

  test.each([false, true])(
    "a message that expires is removed from a queue; others are delivered with the remaining interval (restart: %s)",
    async (restarts) => {
      let bare = await startBareBroker();
      await createSession(bare.url, createSessionOptions("a", 60), "t");
      const publisher = await connectClient5(bare.url);
      await publisher.publishAsync("t", "short", createExpiryOptions(1));
      await publisher.publishAsync("t", "long", createExpiryOptions(600));
      await publisher.publishAsync("t", "for ever", createExpiryOptions());
      await sleep(1100);
      if (restarts) {
        await bare.close();
        bare = await startBareBroker(undefined, { folder: bare.folder });
      }
      const back = await connectClient5(bare.url, createSessionOptions("a", 60));
      await waitForMessage(back, "for ever");
      expect(textsOf(back.received)).toEqual(["long", "for ever"]);
      const [long, forEver] = back.received.map(({ properties }) => properties?.messageExpiryInterval);
      expect(long).toBeGreaterThan(0);
      expect(long).toBeLessThan(600);
      expect(forEver).toBeUndefined();
      await eventually(() => bare.broker.stats.queued === 0, { what: "an empty queue" });
    },
  );

  test.each([false, true])(
    "a message that expires is no longer retained; others are delivered with the remaining interval (restart: %s)",
    async (restarts) => {
      let bare = await startBareBroker();
      const publisher = await connectClient5(bare.url);
      await publisher.publishAsync("r/short", "short", { ...createExpiryOptions(1), retain: true });
      await publisher.publishAsync("r/long", "long", { ...createExpiryOptions(600), retain: true });
      await sleep(1100);
      if (restarts) {
        await bare.close();
        bare = await startBareBroker(undefined, { folder: bare.folder });
      }
      const reader = await connectClient5(bare.url);
      await reader.subscribeAsync("r/#", { qos: 1 });
      const { properties } = await waitForMessage(reader, "long");
      expect(properties!.messageExpiryInterval).toBeGreaterThan(0);
      expect(properties!.messageExpiryInterval).toBeLessThan(600);
      expect(textsOf(reader.received)).toEqual(["long"]);
    },
  );
});

describe("a will", () => {
  /** Connects a client with a will on the topic `will`. The will delay is in s. */
  const connectWithWill = (url: string, willDelayInterval: number, sessionExpiryInterval = 60): Promise<Client5> => {
    const properties = { willDelayInterval, contentType: "text/plain", userProperties: { from: "a" } };
    const will = { topic: "will", payload: Buffer.from("gone"), qos: 1, retain: false, properties } as const;
    return connectClient5(url, { ...createSessionOptions("a", sessionExpiryInterval), will });
  };

  test.each([
    ["its delay", 1, 60],
    ["its session, which ends earlier", 60, 1],
  ])("a will is published after %s, with its properties and without its delay", async (_what, delay, expiry) => {
    const { url } = await startBareBroker();
    const watcher = await connectClient5(url);
    await watcher.subscribeAsync("will", { qos: 1 });
    const leaver = await connectWithWill(url, delay, expiry);
    const left = performance.now();
    leaver.stream.destroy();
    const { properties } = await waitForMessage(watcher, "gone");
    expect(performance.now() - left).toBeGreaterThan(900);
    expect(properties).toEqual({ contentType: "text/plain", userProperties: { from: "a" } });
  });

  test("a will is not published when its client reconnects before the delay is over", async () => {
    const { url } = await startBareBroker();
    const watcher = await connectClient5(url);
    await watcher.subscribeAsync("will", { qos: 1 });
    (await connectWithWill(url, 3)).stream.destroy();
    const back = await connectWithWill(url, 3);
    expect(back.connack.sessionPresent).toBe(true);
    await sleep(3500);
    expect(watcher.received).toEqual([]);
  });

  test("a will is published after DISCONNECT with reason code 0x04 and with no other reason code", async () => {
    const { url } = await startBareBroker();
    const watcher = await connectClient5(url);
    await watcher.subscribeAsync("#", { qos: 1 });
    await (await connectWithWill(url, 0)).endAsync(false, { reasonCode: 0 });
    await watcher.publishAsync("mark", "nothing before this");
    await waitForMessage(watcher, "nothing before this");
    expect(watcher.received).toHaveLength(1);
    await (await connectWithWill(url, 0)).endAsync(false, { reasonCode: 4 });
    await waitForMessage(watcher, "gone");
  });
});
