/** Tests that the embedded broker does not lose, duplicate or reorder messages in cases in which plain aedes does. */
import { expect, test } from "vitest";
import { startServer } from "nightlight-server";
import { eventually } from "../support/eventually.js";
import { connectClient, startTestServer, createTemporaryFolder, type ReceivedMessage } from "./support/server.js";

const listNumbersOn = (got: readonly ReceivedMessage[], topic: string): number[] =>
  got.filter((message) => message.topic === topic).map(({ text }) => Number(text));
const listNumbersBelow = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test.each([true, false])(
  "overlapping subscriptions get every message once and in order (clean session: %s)",
  async (clean) => {
    const { brokerUrl } = await startTestServer({ http: false });
    const filters = ["x/#", "x/+/telemetry", "x/porch/commands"];
    const observer = await connectClient(brokerUrl, { clean, clientId: "observer" }, ...filters);
    const sender = await connectClient(brokerUrl);
    const count = 300;
    // mixes QoS levels and retain flags, because plain aedes reorders messages that differ in them
    for (const n of listNumbersBelow(count)) {
      sender.publish("x/porch/telemetry", String(n), { qos: 1 });
      sender.publish("x/porch/commands", String(n), { qos: 1, retain: true });
      sender.publish("x/porch/status", String(n), { qos: 0 });
    }
    await eventually(() => observer.got.length >= 3 * count, { what: "all messages" });
    for (const channel of ["telemetry", "commands", "status"])
      expect(listNumbersOn(observer.got, `x/porch/${channel}`)).toEqual(listNumbersBelow(count));
  },
);

test("a returning client receives its queue and new messages once each, also after a restart", async () => {
  const options = { data: await createTemporaryFolder(), mqttPort: 0, http: false } as const;
  const sleeper = { clientId: "sleeper", clean: false } as const;
  const count = 200;
  const first = await startServer(options);
  await (await connectClient(first.brokerUrl, sleeper, "x/a", "x/b")).endAsync();
  const before = await connectClient(first.brokerUrl);
  for (const n of listNumbersBelow(count)) await before.publishAsync("x/a", String(n), { qos: 1 });
  await before.endAsync();
  await first.close();

  const second = await startTestServer(options);
  const after = await connectClient(second.brokerUrl);
  const awake = await connectClient(second.brokerUrl, sleeper);
  for (const n of listNumbersBelow(count)) after.publish("x/b", String(n), { qos: 1 });
  await eventually(() => awake.got.length >= 2 * count, { what: "the queue and the new messages" });
  expect(listNumbersOn(awake.got, "x/a")).toEqual(listNumbersBelow(count));
  expect(listNumbersOn(awake.got, "x/b")).toEqual(listNumbersBelow(count));
});

test("a new subscriber receives the current retained message, and never an older one after a newer one", async () => {
  const { brokerUrl } = await startTestServer({ http: false });
  const sender = await connectClient(brokerUrl);
  for (let round = 0; round < 50; round++) {
    const topic = `x/${round}`;
    await sender.publishAsync(topic, "0", { qos: 1, retain: true });
    const reader = await connectClient(brokerUrl, {}, topic);
    await sender.publishAsync(topic, "1", { qos: 1, retain: true });
    await eventually(() => reader.got.at(-1)?.text === "1", { what: "the newer one" });
    expect(listNumbersOn(reader.got, topic)).toEqual([0, 1]);
    await reader.endAsync(true);
  }
});
