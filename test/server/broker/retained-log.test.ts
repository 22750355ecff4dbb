/** Tests the append-only log of retained messages: written messages survive any end of the process. */
import fc from "fast-check";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { RetainedMessageHandler } from "../../../server/src/storage/retained-batch.js";
import { RetainedLog } from "../../../server/src/storage/retained-log.js";
import { eventually } from "../../support/eventually.js";
import { createTemporaryFolder } from "../support/server.js";

const returnNoMessages = (): [] => [];

type Message = Parameters<RetainedMessageHandler>;

/** Returns the messages that a restart reads from a log. */
async function readMessages(folder: string): Promise<Message[]> {
  const found: Message[] = [];
  const log = new RetainedLog(folder, returnNoMessages);
  await log.load((...message) => found.push(message));
  await log.close();
  return found;
}

const bytes = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const topic = fc.string({ unit: "binary" });
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.tuple(topic, bytes, fc.nat(2)),
  // the second bytes are the message's MQTT 5.0 properties
  fc.tuple(topic, bytes, fc.nat(2), bytes),
);
const batches = fc.array(fc.array(message, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

test("the log reads all written messages in order", async () => {
  const folder = await createTemporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(batches, async (batches) => {
      const here = path.join(folder, String(run++));
      const log = new RetainedLog(here, returnNoMessages);
      for (const batch of batches) {
        for (const message of batch) log.add(...message);
        log.writeBatch();
      }
      await log.close();
      expect(await readMessages(here)).toEqual(batches.flat());
    }),
    { numRuns: 40 },
  );
});

test("the log reads every complete batch of a truncated file, and nothing else", async () => {
  const folder = await createTemporaryFolder();
  const log = new RetainedLog(folder, returnNoMessages);
  const ends: number[] = [];
  const [name] = ["000000000001.log"];
  for (let n = 0; n < 4; n++) {
    log.add(`nightlight/${n}/commands`, Buffer.from(`{"led_on":true,"seq":${n}}`), 1);
    log.add("ü", Buffer.from([0, 255, 10, n]), 0);
    log.writeBatch();
    ends.push((await readFile(path.join(folder, name))).length);
  }
  await log.close();
  const whole = await readFile(path.join(folder, name));
  for (let cut = 0; cut <= whole.length; cut += 3) {
    await writeFile(path.join(folder, name), whole.subarray(0, cut));
    expect(await readMessages(folder), `cut at ${cut}`).toHaveLength(2 * ends.filter((end) => end <= cut).length);
  }
});

test("a large log is compacted, includes messages written meanwhile, and leaves no other file", async () => {
  const folder = await createTemporaryFolder();
  const retained = new Map<string, Message>();
  const log = new RetainedLog(folder, () => retained.values(), { compactionGrowth: 20_000 });
  const setMessage = (n: number, payload: string): void => {
    const message: Message = [`lamp${n}`, Buffer.from(payload), 1];
    if (payload === "") retained.delete(message[0]);
    else retained.set(message[0], message);
    log.add(...message);
  };
  let most = 0;
  await eventually(
    async () => {
      for (let n = 0; n < 2000; n++) setMessage(n, `${most}`);
      for (let n = 0; n < 2000; n += 7) setMessage(n, "");
      log.writeBatch();
      return ++most > 20;
    },
    { every: 1 },
  );
  // closes the log during a compaction, which must lose nothing
  await log.close();
  const found = new Map<string, Message>();
  for (const message of await readMessages(folder)) {
    if (message[1].length === 0) found.delete(message[0]);
    else found.set(message[0], message);
  }
  expect(found).toEqual(retained);
  let size = 0;
  for (const name of await readdir(folder)) size += (await readFile(path.join(folder, name))).length;
  // the log must be smaller than all twenty rounds of messages, because compaction removes replaced messages
  expect(size).toBeLessThan(20 * 2000 * 20);
  expect((await readdir(folder)).length).toBeLessThan(5);
});

test("a log does not grow over many restarts with few messages between them", async () => {
  const folder = await createTemporaryFolder();
  const sizes: number[] = [];
  for (let start = 0; start < 12; start++) {
    const retained = new Map<string, Message>();
    const log = new RetainedLog(folder, () => retained.values(), { compactionGrowth: 2000 });
    await log.load((...message) => retained.set(message[0], message));
    for (let n = 0; n < 60; n++) {
      const message: Message = ["lamp", Buffer.alloc(40, "x"), 1];
      retained.set("lamp", message);
      log.add(...message);
      log.writeBatch();
    }
    const measureFolderSize = async (): Promise<number> => {
      const contents = (await readdir(folder)).map((name) => readFile(path.join(folder, name)));
      return (await Promise.all(contents)).reduce((sum, { length }) => sum + length, 0);
    };
    await log.close();
    sizes.push(await measureFolderSize());
  }
  // the messages need 52 bytes; a compaction starts after 2,000 further bytes, and the log may grow during the compaction
  expect(Math.max(...sizes)).toBeLessThan(12_000);
});

test("the log refuses to start with an unreadable folder instead of overwriting it", async () => {
  const folder = path.join(await createTemporaryFolder(), "retained");
  await writeFile(folder, "a file where a folder is to be");
  await expect(new RetainedLog(folder, returnNoMessages).load(() => {})).rejects.toThrow(/ENOTDIR/);
});

test("the number of files does not grow with the number of restarts", async () => {
  const folder = await createTemporaryFolder();
  for (let start = 0; start < 20; start++) {
    const retained = new Map<string, Message>();
    const log = new RetainedLog(folder, () => retained.values());
    await log.load((...message) => retained.set(message[0], message));
    expect([...retained.keys()]).toEqual(Array.from({ length: start }, (_, n) => `lamp${n}`));
    log.add(`lamp${start}`, Buffer.from("on"), 1);
    log.writeBatch();
    await eventually(async () => (await readdir(folder)).length <= 9, { what: "few files" });
    await log.close();
  }
});

test("while writing fails the latest message of each topic waits, and is written as soon as possible", async () => {
  const folder = path.join(await createTemporaryFolder(), "retained");
  await writeFile(folder, "a file where a folder is to be");
  const log = new RetainedLog(folder, returnNoMessages);
  for (let n = 0; n < 5; n++) {
    log.add("lamp", Buffer.from(String(n)), 1);
    expect(() => log.writeBatch()).toThrow();
  }
  await rm(folder);
  await mkdir(folder);
  log.writeBatch();
  await log.close();
  expect(await readMessages(folder)).toEqual([["lamp", Buffer.from("4"), 1]]);
});
