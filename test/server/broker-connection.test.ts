/** What every link to a broker promises: in-process, over TCP to aedes, to Mosquitto. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBroker } from "../../server/src/broker/broker.js";
import { openData } from "../../server/src/storage/data-folder.js";
import { embeddedConnection } from "../../server/src/transport/embedded.js";
import type { BrokerConnectionHandlers, BrokerConnection } from "../../server/src/transport/broker-connection.js";
import { remoteConnection } from "../../server/src/transport/remote.js";
import { scopeOf } from "../../server/src/transport/scope.js";
import { parseBrokerUrl } from "../../server/src/transport/url.js";
import { eventually } from "../support/eventually.js";
import { startMosquitto, type Mosquitto } from "../support/mosquitto.js";
import { missing, MOSQUITTO } from "../support/programs.js";
import { client, server, temporaryFolder } from "./support/server.js";

/** A broker to be at: makes links to it, and knows its address. */
interface Place {
  link(handlers: BrokerConnectionHandlers): Promise<BrokerConnection>;
  url(link: BrokerConnection): string;
}

let mosquitto: Mosquitto | undefined;
let clients = 0;

async function remoteTo(url: string, handlers: BrokerConnectionHandlers): Promise<BrokerConnection> {
  const options = { broker: parseBrokerUrl(url), prefix: "home", clientId: `suite-${++clients}`, unwanted: [] };
  return Promise.resolve(remoteConnection({ ...options, filters: scopeOf("home", []).filters }, handlers));
}

const places: Record<string, () => Promise<Place>> = {
  "embedded, in process": async () => ({
    async link(handlers) {
      const data = await openData(await temporaryFolder());
      const broker = await startBroker(data, handlers);
      return embeddedConnection({ broker, prefix: "home", host: "127.0.0.1", port: 0 }, handlers);
    },
    url: (link) => link.url,
  }),
  "aedes, over TCP": async () => {
    // under another prefix, so that the two say their presence on different topics
    const { brokerUrl } = await server({ http: false, topicPrefix: "elsewhere" });
    return { link: (handlers) => remoteTo(brokerUrl, handlers), url: () => brokerUrl };
  },
  Mosquitto: async () => {
    const { url } = mosquitto!;
    return { link: (handlers) => remoteTo(url, handlers), url: () => url };
  },
};

describe.each(Object.entries(places))("a link: %s", (name, makePlace) => {
  describe.skipIf(name === "Mosquitto" && missing(MOSQUITTO, "Mosquitto"))("promises that", () => {
    beforeAll(async () => {
      if (name === "Mosquitto") mosquitto = await startMosquitto();
    });
    afterAll(() => mosquitto?.remove());

    let got: [topic: string, text: string][];
    let failures: string[];
    let handlers: BrokerConnectionHandlers;
    let link: BrokerConnection | undefined;

    beforeEach(() => {
      got = [];
      failures = [];
      handlers = {
        message(topic, payload) {
          got.push([topic, payload.toString()]);
          return undefined;
        },
        up() {},
        caughtUp() {},
        down() {},
        rejected() {},
        warned() {},
        failed: (problem) => void failures.push(problem),
      };
    });
    afterEach(async () => {
      await link?.close();
      expect(failures).toEqual([]);
    });

    async function started(): Promise<string> {
      const place = await makePlace();
      link = await place.link(handlers);
      await link.start();
      return place.url(link);
    }

    test("what a device publishes arrives once, at every QoS, and in order", async () => {
      const device = await client(await started());
      for (const qos of [0, 1, 2] as const)
        for (let n = 0; n < 20; n++) await device.publishAsync("home/porch/telemetry", `${qos}-${n}`, { qos });
      await eventually(() => got.length >= 60, { what: "60 messages" });
      const expected = [0, 1, 2].flatMap((qos) => Array.from({ length: 20 }, (_, n) => `${qos}-${n}`));
      expect(got.filter(([topic]) => topic === "home/porch/telemetry").map(([, text]) => text)).toEqual(expected);
    });

    test("what it publishes reaches subscribers in order at QoS 1, and the last of it stays", async () => {
      const url = await started();
      const device = await client(url, {}, "home/porch/commands");
      for (let n = 0; n < 200; n++) link!.publish("home/porch/commands", Buffer.from(String(n)), "retained");
      await eventually(() => device.got.length >= 200, { what: "200 commands" });
      expect(device.got.map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, n) => String(n)));
      expect(device.got.every(({ qos }) => qos === 1)).toBe(true);
      const late = await client(url, {}, "home/porch/commands");
      await eventually(() => late.got.length > 0, { what: "the retained command" });
      expect(late.got[0]).toMatchObject({ text: "199", retained: true });
    });

    test("it says that the server is there, and, when it leaves, that it is not", async () => {
      const url = await started();
      const observer = await client(url, {}, "home/status");
      await eventually(() => observer.got.length === 1, { what: "the presence" });
      expect(observer.got[0]).toMatchObject({ text: '{"online":true}', retained: true });
      expect(link!.connected).toBe(true);
      await link!.close();
      await eventually(() => observer.got.length === 2, { what: "the farewell" });
      expect(observer.got[1].text).toBe('{"online":false}');
    });

    test("what boards said of themselves before it came is told to it, as retained", async () => {
      if (name === "embedded, in process") return; // its broker starts with it: persistence.test.ts has this promise
      const place = await makePlace();
      const url = place.url(undefined as never);
      const board = await client(url);
      await board.publishAsync("home/porch/status", '{"online":true}', { qos: 1, retain: true });
      const told: [string, boolean][] = [];
      handlers.message = (topic, _payload, retained) => {
        told.push([topic, retained]);
        return undefined;
      };
      link = await place.link(handlers);
      await link.start();
      await eventually(() => told.length > 0, { what: "the retained status" });
      expect(told).toEqual([["home/porch/status", true]]);
    });
  });
});
