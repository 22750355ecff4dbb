import type { Client } from "aedes";
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { QueueFirst } from "../../server/src/broker/queue-first.js";
import { eventually } from "../support/eventually.js";
import { client, server } from "./support/server.js";

test("what waited for a client comes before what is published while it is delivered", async () => {
  const { brokerUrl } = await server();
  const sleeper = { clientId: "sleeper", clean: false } as const;
  await (await client(brokerUrl, sleeper, "news")).endAsync();
  const publisher = await client(brokerUrl);
  const publish = (n: number) => publisher.publishAsync("news", String(n), { qos: 1 });
  for (let n = 0; n < 50; n++) await publish(n);
  const [awake] = await Promise.all([
    client(brokerUrl, sleeper),
    (async () => {
      for (let n = 50; n < 250; n++) await publish(n);
    })(),
  ]);
  await eventually(() => new Set(awake.got.map(({ text }) => text)).size === 250, {
    what: "every message",
  });
  // "at least once" may bring one twice
  const order = [...new Set(awake.got.map(({ text }) => Number(text)))];
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test("a message that is in the queue and on its way at once is sent once: a second try would end the connection", async () => {
  const delivered: number[] = [];
  const deliverQoS = ({ brokerCounter }: { brokerCounter: number }, done: () => void): void => {
    delivered.push(brokerCounter);
    done();
  };
  const inside = Object.assign(new EventEmitter(), { conn: new EventEmitter(), deliverQoS });
  const sleeper = inside as unknown as Client;
  const packet = (brokerCounter: number): object => ({ brokerId: "run-1", brokerCounter });
  const queueFirst = new QueueFirst();
  queueFirst.watch(sleeper);
  let done = 0;
  const live = (n: number): void => inside.deliverQoS(packet(n) as { brokerCounter: number }, () => done++);

  live(1);
  queueFirst.sending(sleeper, packet(1));
  live(2);
  expect(delivered).toEqual([]);
  inside.emit("connected");
  live(3);

  expect(delivered).toEqual([2, 3]);
  await eventually(() => done === 3, { what: "every message to be done with" });
});
