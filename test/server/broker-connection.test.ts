/** Tests the server's connections to brokers: embedded in its process, aedes over TCP, and Mosquitto. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBroker } from "../../server/src/broker/broker.js";
import { openDataFolder } from "../../server/src/storage/data-folder.js";
import { createEmbeddedConnection } from "../../server/src/transport/embedded.js";
import type { BrokerConnectionHandlers, BrokerConnection } from "../../server/src/transport/broker-connection.js";
import { createRemoteConnection } from "../../server/src/transport/remote.js";
import { createScope } from "../../server/src/transport/scope.js";
import { parseBrokerUrl } from "../../server/src/transport/url.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { connectClient, startTestServer, createTemporaryFolder } from "./support/server.js";

/** A broker under test, to which the test connects as the server does. */
interface TestBroker {
  connect(handlers: BrokerConnectionHandlers): Promise<BrokerConnection>;
  url(connection: BrokerConnection): string;
}

let mosquitto: Mosquitto | undefined;
let clients = 0;

async function remoteTo(url: string, handlers: BrokerConnectionHandlers): Promise<BrokerConnection> {
  const options = { broker: parseBrokerUrl(url), prefix: "home", clientId: `suite-${++clients}`, unwanted: [] };
  return Promise.resolve(createRemoteConnection({ ...options, filters: createScope("home", []).filters }, handlers));
}

const brokers: Record<string, () => Promise<TestBroker>> = {
  "embedded, in process": async () => ({
    async connect(handlers) {
      const data = await openDataFolder(await createTemporaryFolder());
      const broker = await startBroker(data, handlers);
      return createEmbeddedConnection({ broker, prefix: "home", host: "127.0.0.1", port: 0 }, handlers);
    },
    url: (connection) => connection.url,
  }),
  "aedes, over TCP": async () => {
    // uses another topic prefix, so that the two servers publish their status on different topics
    const { brokerUrl } = await startTestServer({ http: false, topicPrefix: "elsewhere" });
    return { connect: (handlers) => remoteTo(brokerUrl, handlers), url: () => brokerUrl };
  },
  Mosquitto: async () => {
    const { url } = mosquitto!;
    return { connect: (handlers) => remoteTo(url, handlers), url: () => url };
  },
};

describe.each(Object.entries(brokers))("a broker connection (%s)", (name, startTestBroker) => {
  describe.skipIf(name === "Mosquitto" && isMissing(MOSQUITTO, "Mosquitto"))("when started", () => {
    beforeAll(async () => {
      if (name === "Mosquitto") mosquitto = await startMosquitto();
    });
    afterAll(() => mosquitto?.remove());

    let got: [topic: string, text: string][];
    let failures: string[];
    let handlers: BrokerConnectionHandlers;
    let connection: BrokerConnection | undefined;

    beforeEach(() => {
      got = [];
      failures = [];
      handlers = {
        message(topic, payload) {
          got.push([topic, payload.toString()]);
          return undefined;
        },
        reconnected() {},
        caughtUp() {},
        disconnected() {},
        rejected() {},
        warned() {},
        failed: (problem) => void failures.push(problem),
      };
    });
    afterEach(async () => {
      await connection?.close();
      expect(failures).toEqual([]);
    });

    async function startConnection(): Promise<string> {
      const broker = await startTestBroker();
      connection = await broker.connect(handlers);
      await connection.start();
      return broker.url(connection);
    }

    test("a broker connection delivers what a device publishes once, in order, at every QoS", async () => {
      const device = await connectClient(await startConnection());
      for (const qos of [0, 1, 2] as const)
        for (let n = 0; n < 20; n++) await device.publishAsync("home/porch/telemetry", `${qos}-${n}`, { qos });
      await eventually(() => got.length >= 60, { what: "60 messages" });
      const expected = [0, 1, 2].flatMap((qos) => Array.from({ length: 20 }, (_, n) => `${qos}-${n}`));
      expect(got.filter(([topic]) => topic === "home/porch/telemetry").map(([, text]) => text)).toEqual(expected);
    });

    test("a broker connection publishes to subscribers in order at QoS 1, and the broker retains the last message", async () => {
      const url = await startConnection();
      const device = await connectClient(url, {}, "home/porch/commands");
      for (let n = 0; n < 200; n++) connection!.publish("home/porch/commands", Buffer.from(String(n)), "retained");
      await eventually(() => device.got.length >= 200, { what: "200 commands" });
      expect(device.got.map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, n) => String(n)));
      expect(device.got.every(({ qos }) => qos === 1)).toBe(true);
      const late = await connectClient(url, {}, "home/porch/commands");
      await eventually(() => late.got.length > 0, { what: "the retained command" });
      expect(late.got[0]).toMatchObject({ text: "199", retained: true });
    });

    test("a broker connection publishes the online status at start and the offline status at close", async () => {
      const url = await startConnection();
      const observer = await connectClient(url, {}, "home/status");
      await eventually(() => observer.got.length === 1, { what: "the online status" });
      expect(observer.got[0]).toMatchObject({ text: '{"online":true}', retained: true });
      expect(connection!.connected).toBe(true);
      await connection!.close();
      await eventually(() => observer.got.length === 2, { what: "the offline status" });
      expect(observer.got[1].text).toBe('{"online":false}');
    });

    test("a broker connection delivers earlier statuses of boards as retained messages", async () => {
      // skips the embedded broker, to which no board can connect before the server; see persistence.test.ts instead
      if (name === "embedded, in process") return;
      const broker = await startTestBroker();
      const url = broker.url(undefined as never);
      const board = await connectClient(url);
      await board.publishAsync("home/porch/status", '{"online":true}', { qos: 1, retain: true });
      const received: [string, boolean][] = [];
      handlers.message = (topic, _payload, retained) => {
        received.push([topic, retained]);
        return undefined;
      };
      connection = await broker.connect(handlers);
      await connection.start();
      await eventually(() => received.length > 0, { what: "the retained status" });
      expect(received).toEqual([["home/porch/status", true]]);
    });
  });
});
