/** Topics by number, held against a map of sets; and devices, which remember the numbers of theirs. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { AWAITED, RETAINED, SUBSCRIBED, Topics } from "../../../server/src/broker/topics.js";
import { Device } from "../../../server/src/device.js";
import { eventually } from "../../support/eventually.js";
import { client, server } from "../support/server.js";

const reason = fc.constantFrom(RETAINED, SUBSCRIBED, AWAITED);
const id = fc.constantFrom("a", "b", "c/d", "e");
const topicOf = (id: string): string => `${id}/commands`;

test("a topic has a number of its own as long as there is a reason to know it", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, reason, fc.boolean(), fc.boolean()), { size: "medium" }), (steps) => {
      const topics = new Topics();
      const expected = new Map<string, Set<number>>();
      const devices = new Map<string, Device>();
      for (const [id, reason, holds, anew] of steps) {
        const topic = topicOf(id);
        const reasons = expected.get(topic) ?? new Set();
        if (holds) {
          expect(topics.nameOf(topics.hold(topic, reason))).toBe(topic);
          expected.set(topic, reasons.add(reason));
        } else if (reasons.delete(reason)) topics.letGo(topics.find(topic), reason);
        if (reasons.size === 0) expected.delete(topic);
        // a device that was forgotten comes again
        if (anew) devices.delete(id);
        if (!devices.has(id)) devices.set(id, new Device(id));

        const numbers = [...expected.keys()].map((topic) => topics.find(topic));
        expect(new Set(numbers).size).toBe(expected.size);
        expect(numbers).not.toContain(0);
        for (const device of devices.values()) {
          const number = topics.findFor(device);
          expect(number).toBe(topics.find(device.commandTopic));
          expect(number > 0).toBe(expected.has(device.commandTopic));
        }
      }
    }),
  );
});

test("there is room for any number of topics", () => {
  const topics = new Topics();
  for (let n = 0; n < 5000; n++) topics.hold(`t${n}`, SUBSCRIBED);
  for (let n = 0; n < 5000; n += 2) topics.letGo(topics.find(`t${n}`), SUBSCRIBED);
  for (let n = 0; n < 5000; n++) expect(topics.nameOf(topics.find(`t${n}`))).toBe(n % 2 ? `t${n}` : "");
});

test("a board that was forgotten while it listened, and a new one, each get their own commands alone", async () => {
  const { brokerUrl, devices, forget } = await server();
  const [first, second] = [await client(brokerUrl), await client(brokerUrl)];
  await first.subscribeAsync("nightlight/first/commands", { qos: 1 });
  const send = (id: string, light: number): Promise<unknown> =>
    first.publishAsync(`nightlight/${id}/telemetry`, JSON.stringify({ light }), { qos: 1 });
  await send("first", 100);
  await eventually(() => first.got.length === 1, { what: "its command" });
  await forget("nightlight/first");
  await eventually(() => first.got.length === 2, { what: "the end of what is retained" });
  // it gets what was the first one's place
  await second.subscribeAsync("nightlight/second/commands", { qos: 1 });
  await send("second", 600);
  await eventually(() => second.got.length === 1, { what: "its command" });
  await send("first", 200);
  await eventually(() => first.got.length === 3, { what: "its next command" });
  await send("second", 100);
  await eventually(() => second.got.length === 2, { what: "its next command" });
  expect(devices.size).toBe(2);
  expect(first.got.map(({ text }) => text)).toEqual(['{"led_on":true}', "", '{"led_on":true}']);
  expect(second.got.map(({ text }) => text)).toEqual(['{"led_on":false}', '{"led_on":true}']);
});
