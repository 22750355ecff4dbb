/** Tests messages that arrive while a client with a session connects. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { IPublishPacket } from "mqtt-packet";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { connectPacket, openRawClient } from "../support/raw.js";

const CONNECTIONS = 60;

test.each([4, 5] as const)("with protocol level %i, a client that reconnects under load receives each message once, in order, without waiting for the next connection", async (protocolVersion) => {
  const { broker, url } = await startBareBroker();
  const properties = protocolVersion === 5 ? { properties: { sessionExpiryInterval: 600 } } : {};
  const received: IPublishPacket[] = [];
  const connect = () => {
    const client = openRawClient(url, { version: protocolVersion });
    client.send(connectPacket("reader", { protocolVersion, clean: false, ...properties }));
    return client;
  };
  let reader = connect();
  reader.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 1 }] });
  await reader.answer("suback");

  let published = 0;
  const publishFor = async (ready: () => boolean) => {
    for (let turns = 0; !ready() || turns < 20; turns++) {
      if (turns % 3 === 0) broker.publish("t", Buffer.from(String(published++)), "not-retained");
      await nextTurn();
    }
  };
  for (let n = 0; n < CONNECTIONS; n++) {
    reader.socket.destroy();
    const mine = (reader = connect());
    await publishFor(() => mine.packets.some(({ cmd }) => cmd === "connack"));
    const last = published - 1;
    const texts = () => mine.packets.flatMap((p) => (p.cmd === "publish" ? [p] : []));
    await eventually(() => texts().some((p) => p.payload.toString() === String(last)), { what: `message ${last}`, within: 5000 });
    await mine.processed();
    for (const packet of texts()) {
      received.push(packet);
      mine.send({ cmd: "puback", messageId: packet.messageId! });
    }
    await mine.processed();
  }
  expect(received.map(({ payload }) => Number(payload.toString()))).toEqual(Array.from({ length: published }, (_, n) => n));
  expect(received.some(({ dup }) => dup)).toBe(false);
  expect(broker.stats.queued).toBe(0);
}, 60_000); // prettier-ignore
