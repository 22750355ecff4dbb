/** Tests that the broker's retained messages survive a restart, and that messages on invalid topics are dropped. */
import fc from "fast-check";
import path from "node:path";
import { expect, test } from "vitest";
import { RetainedMessages, type RetainedPacket } from "../../../server/src/storage/retained.js";
import { createTemporaryFolder } from "../support/server.js";

type StoredMessage = Omit<RetainedPacket, "cmd" | "retain">;

const packet: fc.Arbitrary<StoredMessage> = fc.record(
  {
    topic: fc.stringMatching(/^[a-zé/]{1,30}$/),
    payload: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    qos: fc.nat(2),
    properties: fc.record({
      contentType: fc.string(),
      correlationData: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    }),
    messageExpiry: fc.nat().map((ms) => ms + 1),
  },
  { requiredKeys: ["topic", "payload", "qos"] },
);

async function openMessages(folder: string): Promise<{ messages: RetainedMessages; dropped: string[] }> {
  const dropped: string[] = [];
  const messages = new RetainedMessages(folder, {
    writeFailed: (error) => expect.unreachable(String(error)),
    messageDropped: (topic, problem) => void dropped.push(`${JSON.stringify(topic)} ${problem}`),
  });
  await messages.restore();
  return { messages, dropped };
}

function contentsOf(messages: RetainedMessages): Map<string, object> {
  return new Map([...messages.listTopics()].map((topic) => [topic, messages.get(topic)!]));
}

test("the last retained message of each topic survives a restart with its properties", async () => {
  const folder = await createTemporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(packet, fc.nat(4))), async (steps) => {
      const here = path.join(folder, String(run++));
      const { messages } = await openMessages(here);
      const expected = new Map<string, object>();
      for (const [stored, kind] of steps) {
        // use only four topics, so that many messages replace an earlier message on their topic
        const topic = `t${stored.topic.length % 4}`;
        if (kind === 0) {
          messages.store({ ...stored, topic, payload: Buffer.alloc(0) });
          expected.delete(topic);
        } else {
          messages.store({ ...stored, topic });
          const { messageExpiry, properties, ...rest } = stored;
          const extras = { ...(properties && { properties }), ...(messageExpiry && { messageExpiry }) };
          expected.set(topic, { cmd: "publish", retain: true, ...rest, ...extras, topic });
        }
      }
      expect(contentsOf(messages)).toEqual(expected);
      await messages.close();
      const again = await openMessages(here);
      expect(contentsOf(again.messages)).toEqual(expected);
      await again.messages.close();
    }),
    { numRuns: 60 },
  );
});

test("retained messages on invalid topics are dropped once at the start and reported", async () => {
  const folder = await createTemporaryFolder();
  const { messages } = await openMessages(folder);
  const bad = ["", "a\0b", "a/+", "#", "a\u0007", "a\ufffe"];
  for (const topic of [...bad, "good"]) messages.store({ topic, payload: Buffer.from("x"), qos: 1 });
  await messages.close();
  const second = await openMessages(folder);
  expect(second.dropped).toHaveLength(bad.length);
  expect([...second.messages.listTopics()]).toEqual(["good"]);
  await second.messages.close();
  const third = await openMessages(folder);
  expect(third.dropped).toEqual([]);
  await third.messages.close();
});
