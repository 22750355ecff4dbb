/** Test suite of the client's guarantees that runs against several brokers. */
import mqtt, { type MqttClient as Observer } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MqttClient } from "../../packages/devicescript-mqtt/src/client.js";
import type { MqttOptions } from "../../packages/devicescript-mqtt/src/options.js";
import { eventually, expectDuration } from "../support/eventually.js";
import { createNodeNetwork, type NodeNetworkOptions } from "./support/node-network.js";
import { Proxy } from "./support/proxy.js";

/** A broker under test. */
export interface BrokerDriver {
  readonly port: number;
  /**
   * Set for a broker that may resend a QoS 2 PUBLISH after its PUBREL on a reconnect, in violation of [MQTT-4.3.3-1].
   * Clients cannot distinguish the resent PUBLISH from a new message.
   */
  readonly resendsAfterPubrec?: boolean;
  /** Restarts the broker on the same port without its sessions. */
  dropSessions(): Promise<void>;
  close(): Promise<void>;
}

type QoS = 0 | 1 | 2;

/** Counter for client ids and topics that are unique to a test. */
let uniqueNumber = 0;

export function testSessionGuarantees(start: () => Promise<BrokerDriver>): void {
  let broker: BrokerDriver;
  let proxy: Proxy;
  let observer: Observer;
  /** Messages received by the observer, in order. */
  let seen: { topic: string; text: string }[];
  let client: MqttClient;
  let clients: MqttClient[];
  let problems: string[];
  let base: string;

  function createClient(options: Partial<MqttOptions> = {}, network: Partial<NodeNetworkOptions> = {}): MqttClient {
    const made = new MqttClient(createNodeNetwork({ port: proxy.port, ...network }), {
      clientId: `promise${uniqueNumber}`,
      minBackoff: 10,
      maxBackoff: 50,
      ...options,
    });
    // the last callbacks may come after `stop` has resolved, and then belong to this test and not to the next one
    const problemsOfTest = problems;
    made.onproblem = (problem) => problemsOfTest.push(problem);
    clients.push(made);
    return made;
  }

  /** Starts the client and waits until it is connected. */
  async function startConnected(): Promise<void> {
    client.start();
    await eventually(() => client.connected, { what: "the client to connect" });
  }

  /** Subscribes, and waits until the client receives its own message, so that the subscription is active. */
  async function startSubscribed(qos: QoS, handler: (text: string) => void | Promise<void>): Promise<void> {
    let ready = false;
    client.subscribe(`${base}/in`, qos, (_, payload) => {
      const text = payload.toString();
      if (text !== "ready") return handler(text);
      ready = true;
    });
    await startConnected();
    client.publish(`${base}/in`, "ready", 1, false);
    await eventually(() => ready, { what: "the subscription" });
  }

  /**
   * Waits until the broker has received all acknowledgments of the client. Publishes a message to find out, because the
   * broker receives the message after all earlier packets.
   */
  async function waitForAcknowledgments(): Promise<void> {
    let acknowledged = false;
    client.publish(`${base}/settled`, "", 1, false, () => (acknowledged = true));
    await eventually(() => acknowledged, { what: "an acknowledgement" });
  }

  const listTextsOn = (channel: string) => seen.filter((m) => m.topic === `${base}/${channel}`).map((m) => m.text);
  const listNumbersBelow = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

  beforeEach(async () => {
    uniqueNumber++;
    base = `p/${uniqueNumber}`;
    seen = [];
    problems = [];
    clients = [];
    broker = await start();
    proxy = await Proxy.start(broker.port);
    observer = await connectObserver();
    client = createClient();
  });

  async function connectObserver(): Promise<Observer> {
    const made = await mqtt.connectAsync({ port: broker.port, host: "127.0.0.1", reconnectPeriod: 20 });
    made.on("error", () => {});
    made.on("message", (topic, payload) => seen.push({ topic, text: payload.toString() }));
    await made.subscribeAsync("p/#", { qos: 2 });
    return made;
  }

  afterEach(async () => {
    await Promise.all(clients.map((c) => c.stop()));
    await observer.endAsync(true);
    await proxy.close();
    await broker.close();
  });

  describe("messages", () => {
    for (const qos of [0, 1, 2] as const) {
      it(`QoS ${qos}: 50 commands in one TCP segment are all handled in order and at once`, async () => {
        const got: string[] = [];
        await startSubscribed(qos, (text) => void got.push(text));
        proxy.holdData();
        const sent = Promise.all(listNumbersBelow(50).map((n) => observer.publishAsync(`${base}/in`, n, { qos })));
        await sent;
        // Releases the held data repeatedly, because the broker sends more QoS 1 and 2 messages only after
        // acknowledgments.
        const release = setInterval(() => proxy.releaseData(), 10);
        await eventually(() => got.length >= 50, { what: "50 messages" }).finally(() => clearInterval(release));
        expect(got).toEqual(listNumbersBelow(50));
      });

      it(`QoS ${qos}: commands that arrive one byte at a time are all handled in order`, async () => {
        client = createClient({}, { chunkSize: 1 });
        const got: string[] = [];
        await startSubscribed(qos, (text) => void got.push(text));
        for (const n of listNumbersBelow(50)) observer.publish(`${base}/in`, n, { qos });
        await eventually(() => got.length >= 50, { what: "50 messages" });
        expect(got).toEqual(listNumbersBelow(50));
      });

      it(`QoS ${qos}: 200 messages in one burst are all handled in order`, async () => {
        const got: string[] = [];
        await startSubscribed(qos, (text) => void got.push(text));
        for (const n of listNumbersBelow(200)) observer.publish(`${base}/in`, n, { qos });
        await eventually(() => got.length >= 200, { what: "200 messages" });
        expect(got).toEqual(listNumbersBelow(200));
        expect(client.counters).toMatchObject({ dropped: 0, duplicates: 0, connects: 1 });
      });

      it(`QoS ${qos}: publications arrive in order and are acknowledged once`, async () => {
        await startConnected();
        const done: string[] = [];
        const accepted = listNumbersBelow(8).filter((n) =>
          client.publish(`${base}/out`, n, qos, false, () => done.push(n)),
        );
        expect(accepted).toEqual(listNumbersBelow(8));
        await eventually(() => listTextsOn("out").length === 8 && done.length === 8, { what: "8 publications" });
        expect(listTextsOn("out")).toEqual(listNumbersBelow(8));
        expect(done).toEqual(listNumbersBelow(8));
        expect(client.freeSlots()).toBe(8);
      });
    }

    it("are passed to every handler with a matching filter", async () => {
      const got: string[] = [];
      client.subscribe(`${base}/+/x`, 1, (topic) => void got.push(`+ ${topic}`));
      client.subscribe(`${base}/a/#`, 1, (topic) => void got.push(`# ${topic}`));
      await startConnected();
      client.publish(`${base}/b/x`, "", 1, false);
      client.publish(`${base}/a`, "", 1, false);
      client.publish(`${base}/ab/c`, "", 1, false);
      client.publish(`${base}/end/x`, "", 1, false);
      await eventually(() => got.includes(`+ ${base}/end/x`), { what: "the last message" });
      expect(got).toEqual([`+ ${base}/b/x`, `# ${base}/a`, `+ ${base}/end/x`]);
    });

    it("are delivered to other handlers after one handler throws, which is reported", async () => {
      const got: string[] = [];
      await startSubscribed(1, (text) => {
        if (text === "bad") throw new Error("out of cheese");
        got.push(text);
      });
      for (const text of ["a", "bad", "b"]) observer.publish(`${base}/in`, text, { qos: 1 });
      await eventually(() => got.length === 2, { what: "the good messages" });
      expect(problems.join()).toMatch(/handler of .*\/in threw: out of cheese/);
      expect(client.counters).toMatchObject({ failed: 1, connects: 1 });
    });

    it("are delivered in order during a slow handler, which blocks neither PINGREQ nor acknowledgments", async () => {
      client = createClient({ keepAlive: 2 });
      const got: string[] = [];
      let release = () => {};
      const gate = new Promise<void>((resolve) => (release = resolve));
      await startSubscribed(1, async (text) => {
        if (text === "0") await gate;
        got.push(text);
      });
      for (const n of listNumbersBelow(100)) observer.publish(`${base}/in`, n, { qos: 1 });
      const began = performance.now();
      let delivered = 0;
      client.publish(`${base}/out`, "meanwhile", 1, false, () => delivered++);
      // Waits 3.6 s, because a broker closes a connection without packets after 3 s (1.5 times the keep-alive).
      await eventually(() => performance.now() - began > 3600, { what: "time to pass" });
      expect(client.connected).toBe(true);
      expect(client.counters.connects).toBe(1);
      expect(got).toEqual([]);
      expect(listTextsOn("out")).toEqual(["meanwhile"]);
      release();
      await eventually(() => got.length === 100 && delivered === 1, { what: "the rest" });
      expect(got).toEqual(listNumbersBelow(100));
    });

    it("longer than maxPacket are skipped, reported and acknowledged at every QoS", async () => {
      client = createClient({ maxPacket: 300 });
      const got: string[] = [];
      await startSubscribed(2, (text) => void got.push(text));
      for (const qos of [0, 1, 2] as const) {
        observer.publish(`${base}/in`, "x".repeat(5000), { qos });
        observer.publish(`${base}/in`, `after ${qos}`, { qos });
      }
      await eventually(() => got.length === 3, { what: "the messages that fit" });
      // Sorts the messages, because messages of different QoS have no defined order.
      expect(got.sort()).toEqual(["after 0", "after 1", "after 2"]);
      expect(client.counters.skipped).toBe(3);
      expect(problems[0]).toMatch(/skipped a message of 50\d\d bytes on .*\/in/);
      await waitForAcknowledgments();
      // Reconnects: if the client had not acknowledged the skipped messages, the broker would resend them now.
      proxy.cut();
      await eventually(() => client.counters.connects === 2, { what: "the reconnect" });
      client.publish(`${base}/in`, "end", 2, false);
      await eventually(() => got.includes("end"), { what: "the last message" });
      expect(client.counters.skipped).toBe(3);
    });

    it("that are retained arrive after every connect and are marked", async () => {
      await observer.publishAsync(`${base}/kept`, "state", { qos: 1, retain: true });
      const got: string[] = [];
      client.subscribe(`${base}/kept`, 1, (_, payload, retained) => void got.push(`${payload.toString()} ${retained}`));
      await startConnected();
      await eventually(() => got.length === 1, { what: "the retained message" });
      await waitForAcknowledgments();
      proxy.cut();
      await eventually(() => got.length === 2, { what: "the retained message, again" });
      await observer.publishAsync(`${base}/kept`, "change", { qos: 1, retain: true });
      await eventually(() => got.length === 3, { what: "the change" });
      expect(got).toEqual(["state true", "state true", "change false"]);
      await observer.publishAsync(`${base}/kept`, "", { qos: 1, retain: true });
    });

    it("no longer arrive after unsubscribing", async () => {
      const got: string[] = [];
      await startSubscribed(1, (text) => void got.push(text));
      client.unsubscribe(`${base}/in`);
      client.subscribe(`${base}/end`, 1, () => void got.push("end"));
      client.publish(`${base}/in`, "no", 1, false);
      client.publish(`${base}/end`, "", 1, false);
      await eventually(() => got.length > 0, { what: "the last message" });
      expect(got).toEqual(["end"]);
    });
  });

  describe("losing the connection", () => {
    it("does not lose QoS 1 and 2 publications made while offline, and rejects QoS 0", async () => {
      expect(client.publish(`${base}/out`, "x", 0, false)).toBe(false);
      const accepted = listNumbersBelow(12).filter((n) => client.publish(`${base}/out`, n, n === "3" ? 2 : 1, false));
      expect(accepted).toEqual(listNumbersBelow(8));
      expect(client.freeSlots()).toBe(0);
      await startConnected();
      await eventually(() => listTextsOn("out").length === 8, { what: "8 publications" });
      expect([...listTextsOn("out")].sort()).toEqual(listNumbersBelow(8));
      expect(listTextsOn("out").filter((n) => n !== "3")).toEqual(listNumbersBelow(8).filter((n) => n !== "3"));
    });

    it("does not lose messages to a persistent session; they arrive in order after the reconnect", async () => {
      const got: string[] = [];
      await startSubscribed(1, (text) => void got.push(text));
      await proxy.refuse();
      await eventually(() => !client.connected, { what: "the loss to be noticed" });
      await Promise.all(listNumbersBelow(60).map((n) => observer.publishAsync(`${base}/in`, n, { qos: 1 })));
      await proxy.listen();
      await eventually(() => got.length >= 60, { what: "60 messages" });
      expect(got).toEqual(listNumbersBelow(60));
    });

    it("is detected within 1.5 × keep-alive on a half-open connection", async () => {
      client = createClient({ keepAlive: 4 });
      await startConnected();
      const reasons: string[] = [];
      client.ondisconnect = (reason) => void reasons.push(reason);
      proxy.discardData();
      const began = performance.now();
      await eventually(() => !client.connected, { what: "the loss to be noticed" });
      expectDuration(began, 6000, "noticing the loss");
      proxy.heal();
      await eventually(() => client.connected && reasons.length === 1, { what: "the reconnect" });
      expect(reasons[0]).toMatch(/PINGRESP/);
    });

    it("is prevented by PINGREQ on an idle connection", async () => {
      client = createClient({ keepAlive: 2 });
      await startConnected();
      const began = performance.now();
      await eventually(() => performance.now() - began > 3600, { what: "time to pass" });
      expect(client.counters.connects).toBe(1);
    });

    it("is followed by a reconnect within 2 s after the network returns, with default options", async () => {
      client = createClient({ minBackoff: undefined, maxBackoff: undefined });
      await startConnected();
      await proxy.refuse();
      const began = performance.now();
      await eventually(() => performance.now() - began > 2000, { what: "time to pass" });
      await proxy.listen();
      const opened = performance.now();
      await eventually(() => client.connected, { what: "the reconnect" });
      expectDuration(opened, 2000, "the reconnect");
    });

    it("makes the broker send the will, but stop() does not", async () => {
      const will = { topic: `${base}/will`, payload: "gone", qos: 1 as const, retain: false };
      client = createClient({ will });
      await startConnected();
      await client.stop();
      expect(client.connected).toBe(false);
      const otherClient = (client = createClient({ will, clientId: `other${uniqueNumber}` }));
      await startConnected();
      proxy.cut();
      await eventually(() => listTextsOn("will").length > 0, { what: "the will" });
      await eventually(() => otherClient.connected, { what: "the reconnect" });
      expect(listTextsOn("will")).toEqual(["gone"]);
    });

    it("by stop() keeps the session for start()", async () => {
      const got: string[] = [];
      await startSubscribed(1, (text) => void got.push(text));
      await client.stop();
      await observer.publishAsync(`${base}/in`, "meanwhile", { qos: 1 });
      let present: boolean | undefined;
      client.onconnect = (sessionPresent) => void (present = sessionPresent);
      await startConnected();
      await eventually(() => got.length === 1, { what: "the message" });
      expect(present).toBe(true);
    });

    it("to a broker that lost the session is followed by the subscriptions and publications again", async () => {
      const got: string[] = [];
      const present: boolean[] = [];
      client.onconnect = (sessionPresent) => void present.push(sessionPresent);
      await startSubscribed(1, (text) => void got.push(text));
      await proxy.refuse();
      await eventually(() => !client.connected, { what: "the loss to be noticed" });
      for (const n of listNumbersBelow(4)) client.publish(`${base}/in`, n, 1, false);
      await broker.dropSessions();
      await proxy.listen();
      await eventually(() => got.length >= 4, { within: 10_000, what: "the publications to come round" });
      expect(got).toEqual(listNumbersBelow(4));
      expect(present).toEqual([false, false]);
    });
  });

  it(
    "delivers QoS 1 at least once and QoS 2 exactly once in both directions, with a cut at every byte",
    { timeout: 60_000 },
    async () => {
      interface Cut {
        direction: "up" | "down";
        at: number;
      }

      /** Runs an exchange over its own connection, which is cut once. Returns the number of bytes exchanged. */
      async function exchange(name: string, cut?: Cut): Promise<{ up: number; down: number }> {
        const here = `${base}/${name}`;
        const path = await Proxy.start(broker.port);
        if (cut) path.cutAfter(cut.direction, cut.at);
        const got = new Map<string, number>();
        const countOn = (channel: string) => seen.filter((m) => m.topic === `${here}/${channel}`).length;
        const waitUntil = (condition: () => boolean, what: string) =>
          eventually(condition, { within: 20_000, what: `${what} of ${here}`, every: 2 });
        const own = createClient({ clientId: here, minBackoff: 2, maxBackoff: 2 }, { port: path.port });
        own.subscribe(`${here}/i/+`, 2, (topic) => {
          const channel = topic.slice(here.length + 1);
          got.set(channel, (got.get(channel) ?? 0) + 1);
        });
        own.publish(`${here}/1`, "one", 1, false);
        own.publish(`${here}/2`, "two", 2, false);
        own.publish(`${here}/i/0`, "", 2, false);
        own.start();
        await waitUntil(() => got.has("i/0"), "the subscription");
        observer.publish(`${here}/i/1`, "one", { qos: 1 });
        observer.publish(`${here}/i/2`, "two", { qos: 2 });
        await waitUntil(
          () => got.size === 3 && countOn("1") > 0 && countOn("2") > 0 && own.freeSlots() === 8,
          "the messages",
        );
        const taken = { up: path.countForwardedBytes("up"), down: path.countForwardedBytes("down") };
        // Publishes and awaits end markers, so that duplicates of earlier messages have arrived by then.
        own.publish(`${here}/i/3`, "", 2, false);
        own.publish(`${here}/3`, "", 2, false);
        await waitUntil(() => got.has("i/3") && countOn("3") > 0, "the end");
        await own.stop();
        await path.close();
        const twice = broker.resendsAfterPubrec ? 1 : got.get("i/2");
        expect({ here, inbound: twice, outbound: countOn("2") }).toEqual({ here, inbound: 1, outbound: 1 });
        return taken;
      }

      const whole = await exchange("w");
      expect(Math.min(whole.up, whole.down)).toBeGreaterThan(80);
      const cuts: Cut[] = [];
      for (let at = 1; at < whole.up; at++) cuts.push({ direction: "up", at });
      for (let at = 1; at < whole.down; at++) cuts.push({ direction: "down", at });
      const lanes = Array.from({ length: 8 }, async () => {
        for (let cut = cuts.pop(); cut; cut = cuts.pop()) await exchange(`${cut.direction}${cut.at}`, cut);
      });
      await Promise.all(lanes);
    },
  );
}
