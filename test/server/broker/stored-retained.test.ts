/** Retained messages in the database, which had another format before. */
import AsyncLevelPersistence from "aedes-persistence-level/asyncPersistence.js";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { ordered } from "../../../server/src/broker/ordered.js";
import type { RetainedPacket } from "../../../server/src/broker/retained.js";
import { StoredRetained } from "../../../server/src/broker/stored-retained.js";
import { openData } from "../../../server/src/data.js";
import { temporaryFolder } from "../support/server.js";

const packet = fc.record({
  cmd: fc.constant("publish" as const),
  topic: fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
  payload: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  qos: fc.nat(2),
  retain: fc.constant(true as const),
});

async function stand() {
  const data = await openData(await temporaryFolder());
  onTestFinished(() => data.close());
  const store = ordered(data.broker);
  const library = new AsyncLevelPersistence(store);
  const own = new StoredRetained(data.broker, store);
  const load = async (): Promise<Map<string, string>> => {
    const found = new Map<string, string>();
    for await (const { topic, payload, qos } of own.load(() => library.createRetainedStream("#")))
      found.set(topic, `${qos} ${payload.toString("hex")}`);
    return found;
  };
  return { library, own, load };
}

const expected = (packets: readonly RetainedPacket[]): Map<string, string> =>
  new Map(packets.map(({ topic, payload, qos }) => [topic, `${qos} ${payload.toString("hex")}`]));

test("what the library stored is taken over, once, and what is stored now is read again", async () => {
  const { library, own, load } = await stand();
  const topics = { selector: ({ topic }: RetainedPacket) => topic };
  const [before, after] = fc.sample(fc.uniqueArray(packet, { ...topics, minLength: 1500, maxLength: 2500, size: "max" }), 2); // prettier-ignore
  for (const one of before) await library.storeRetained(one);
  expect(await load()).toEqual(expected(before));
  for (const one of after) await own.store(one);
  expect(await load()).toEqual(expected([...before, ...after]));
  const gone = before.slice(0, 100);
  for (const one of gone) await own.store({ ...one, payload: Buffer.alloc(0) });
  const left = expected([...before, ...after]);
  for (const { topic } of gone) left.delete(topic);
  expect(await load()).toEqual(left);
});

test("of what is stored in one turn the last counts", async () => {
  const { own, load } = await stand();
  await load();
  const lamp = { cmd: "publish", topic: "n/b/commands", qos: 1, retain: true } as const;
  await Promise.all(Array.from({ length: 50 }, (_, n) => own.store({ ...lamp, payload: Buffer.from([n]) })));
  expect(await load()).toEqual(new Map([[lamp.topic, "1 31"]]));
});
