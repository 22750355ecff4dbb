import { expect, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { connectClient, startTestServer } from "./support/server.js";

test("a client receives its queue before messages that are published during its delivery", async () => {
  const { brokerUrl } = await startTestServer();
  const offline = { clientId: "offline", clean: false } as const;
  await (await connectClient(brokerUrl, offline, "news")).endAsync();
  const publisher = await connectClient(brokerUrl);
  const publishNumber = (n: number) => publisher.publishAsync("news", String(n), { qos: 1 });
  for (let n = 0; n < 50; n++) await publishNumber(n);
  const [awake] = await Promise.all([
    connectClient(brokerUrl, offline),
    (async () => {
      for (let n = 50; n < 250; n++) await publishNumber(n);
    })(),
  ]);
  await eventually(() => new Set(awake.got.map(({ text }) => text)).size === 250, {
    what: "every message",
  });
  // remove duplicates, because QoS 1 may deliver a message twice
  const order = [...new Set(awake.got.map(({ text }) => Number(text)))];
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});
