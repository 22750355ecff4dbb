/** Retained messages, which were in the database before. */
import AsyncLevelPersistence from "aedes-persistence-level/asyncPersistence.js";
import fc from "fast-check";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ordered } from "../../../server/src/broker/ordered.js";
import { Retained, type RetainedPacket } from "../../../server/src/broker/retained.js";
import { Topics } from "../../../server/src/broker/topics.js";
import { openData } from "../../../server/src/data.js";
import { temporaryFolder } from "../support/server.js";

const packet: fc.Arbitrary<RetainedPacket> = fc.record({
  cmd: fc.constant("publish" as const),
  topic: fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
  payload: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  qos: fc.nat(2),
  retain: fc.constant(true as const),
});

async function* none(): AsyncGenerator<never> {}

const told = (packets: Iterable<RetainedPacket>): Map<string, string> =>
  new Map(Array.from(packets, ({ topic, payload, qos }) => [topic, `${qos} ${payload.toString("hex")}`]));

/** What is there after a start. @param before what the database has */
async function start(folder: string, before: AsyncIterable<unknown> = none()): Promise<Map<string, string>> {
  const retained = new Retained(new Topics(), folder, (error) => {
    throw error;
  });
  await retained.restore(before);
  const all = [...retained.topics()].map((topic) => retained.get(topic)!);
  await retained.close();
  return told(all);
}

test("what the database had is taken over, once, and from then on the log counts", async () => {
  const folder = await temporaryFolder();
  const data = await openData(folder);
  onTestFinished(() => data.close());
  const library = new AsyncLevelPersistence(ordered(data.broker));
  const [packets] = fc.sample(
    fc.uniqueArray(packet, { selector: ({ topic }) => topic, minLength: 500, maxLength: 900, size: "max" }),
    1,
  );
  for (const one of packets) await library.storeRetained(one);
  const log = path.join(folder, "retained");
  expect(await start(log, library.createRetainedStream("#"))).toEqual(told(packets));
  await library.storeRetained({ ...packets[0], payload: Buffer.from("another") });
  expect(await start(log, library.createRetainedStream("#"))).toEqual(told(packets));
});

test("what is stored is there after the next start, as it was stored last", async () => {
  const folder = await temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(packet, fc.nat(4))), async (steps) => {
      const here = path.join(folder, String(run++));
      const retained = new Retained(new Topics(), here, (error) => {
        throw error;
      });
      await retained.restore(none());
      const expected = new Map<string, RetainedPacket>();
      for (const [one, how] of steps) {
        // few topics, so that they meet
        const topic = `t${one.topic.length % 4}`;
        const packet = { ...one, topic };
        if (how === 0) {
          retained.store(topic, Buffer.alloc(0), 1);
          expected.delete(topic);
        } else if (how === 1) {
          retained.change(topic, one.payload);
          expected.set(topic, { ...packet, qos: 1 });
        } else {
          retained.store(topic, one.payload, one.qos);
          expected.set(topic, packet);
        }
      }
      await retained.close();
      expect(await start(here)).toEqual(told(expected.values()));
    }),
    { numRuns: 60 },
  );
});
