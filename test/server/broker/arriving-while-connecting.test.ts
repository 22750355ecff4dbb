/** Tests messages that arrive while a client with a session connects. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { IPublishPacket } from "mqtt-packet";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { createConnectPacket, openRawClient } from "../support/raw.js";

const CONNECTION_COUNT = 60;

test.each([4, 5] as const)("with protocol level %i, a client that reconnects under load receives each message once, in order, without waiting for the next connection", async (protocolVersion) => {
  const { broker, url } = await startBareBroker();
  const properties = protocolVersion === 5 ? { properties: { sessionExpiryInterval: 600 } } : {};
  const received: IPublishPacket[] = [];
  const connectReader = () => {
    const client = openRawClient(url, { version: protocolVersion });
    client.send(createConnectPacket("reader", { protocolVersion, clean: false, ...properties }));
    return client;
  };
  let reader = connectReader();
  reader.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 1 }] });
  await reader.waitForPacket("suback");

  let published = 0;
  const publishUntil = async (ready: () => boolean) => {
    for (let turns = 0; !ready() || turns < 20; turns++) {
      if (turns % 3 === 0) broker.publish("t", Buffer.from(String(published++)), "not-retained");
      await nextTurn();
    }
  };
  for (let n = 0; n < CONNECTION_COUNT; n++) {
    reader.socket.destroy();
    const newReader = (reader = connectReader());
    await publishUntil(() => newReader.packets.some(({ cmd }) => cmd === "connack"));
    const last = published - 1;
    const listPublishes = () => newReader.packets.flatMap((p) => (p.cmd === "publish" ? [p] : []));
    await eventually(() => listPublishes().some((p) => p.payload.toString() === String(last)), { what: `message ${last}` });
    await newReader.waitUntilProcessed();
    for (const packet of listPublishes()) {
      received.push(packet);
      newReader.send({ cmd: "puback", messageId: packet.messageId! });
    }
    await newReader.waitUntilProcessed();
  }
  expect(received.map(({ payload }) => Number(payload.toString()))).toEqual(Array.from({ length: published }, (_, n) => n));
  expect(received.some(({ dup }) => dup)).toBe(false);
  expect(broker.stats.queued).toBe(0);
}); // prettier-ignore
