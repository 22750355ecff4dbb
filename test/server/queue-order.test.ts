import { expect, test } from "vitest";
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
