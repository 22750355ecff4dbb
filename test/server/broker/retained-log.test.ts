/** Retained messages that change often: what is told after it was written is there after any end of the process. */
import fc from "fast-check";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { RetainedLog } from "../../../server/src/broker/retained-log.js";
import { eventually } from "../../support/eventually.js";
import { temporaryFolder } from "../support/server.js";

const nothing = async (): Promise<void> => {};

/** What a log has, as a start would find it. */
async function read(folder: string): Promise<[topic: string, payload: string][]> {
  const found: [string, string][] = [];
  await new RetainedLog(folder, nothing).load((topic, payload) => found.push([topic, payload]));
  return found;
}

const bytes = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const message = fc.tuple(fc.string({ unit: "binary" }), bytes);
const batches = fc.array(fc.array(message, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

test("whatever was written is read again, in order", async () => {
  const folder = await temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(batches, async (batches) => {
      const here = path.join(folder, String(run++));
      const log = new RetainedLog(here, nothing);
      for (const batch of batches) {
        for (const [topic, payload] of batch) log.add(topic, payload);
        log.write();
      }
      await log.close();
      expect(await read(here)).toEqual(batches.flat());
    }),
    { numRuns: 40 },
  );
});

test("of a file that is cut anywhere, every batch before the cut is read, and nothing else", async () => {
  const folder = await temporaryFolder();
  const log = new RetainedLog(folder, nothing);
  const ends: number[] = [];
  const [name] = ["000000001.log"];
  for (let n = 0; n < 4; n++) {
    log.add(`nightlight/${n}/commands`, `{"led_on":true,"seq":${n}}`);
    log.add("ü", `\0\xff\n${n}`);
    log.write();
    ends.push((await readFile(path.join(folder, name))).length);
  }
  await log.close();
  const whole = await readFile(path.join(folder, name));
  for (let cut = 0; cut <= whole.length; cut++) {
    await writeFile(path.join(folder, name), whole.subarray(0, cut));
    expect(await read(folder), `cut at ${cut}`).toHaveLength(2 * ends.filter((end) => end <= cut).length);
  }
});

test("what does not fit is settled elsewhere, and its file goes; what comes meanwhile stays", async () => {
  const folder = await temporaryFolder();
  const settled: string[][] = [];
  let go = (): void => {};
  const log = new RetainedLog(
    folder,
    async (topics) => {
      settled.push([...topics]);
      await new Promise<void>((resolve) => (go = resolve));
    },
    200,
  );
  for (let n = 0; n < 8; n++) {
    log.add(`lamp${n % 3}`, "x".repeat(40));
    log.write();
  }
  expect(settled).toEqual([["lamp0", "lamp1", "lamp2"]]);
  expect(log.has("lamp0")).toBe(true);
  go();
  await eventually(async () => (await readdir(folder)).join() !== "000000001.log,000000002.log", { what: "the end of the first file" }); // prettier-ignore
  await log.close();
  expect((await read(folder)).length).toBeGreaterThan(0);
  expect((await read(folder)).length).toBeLessThan(8);
});

test("what cannot be settled stays in the log", async () => {
  const folder = await temporaryFolder();
  const log = new RetainedLog(folder, async () => Promise.reject(new Error("no room")), 100);
  for (let n = 0; n < 6; n++) {
    log.add(`lamp${n}`, "x".repeat(40));
    log.write();
  }
  await log.close();
  expect((await read(folder)).map(([topic]) => topic)).toEqual(["lamp0", "lamp1", "lamp2", "lamp3", "lamp4", "lamp5"]);
});

test("as long as nothing can be written the latest of each topic waits, and goes as soon as it can", async () => {
  const folder = path.join(await temporaryFolder(), "retained");
  await writeFile(folder, "a file where a folder is to be");
  const log = new RetainedLog(folder, nothing);
  for (let n = 0; n < 5; n++) {
    log.add("lamp", String(n));
    expect(() => log.write()).toThrow();
  }
  await rm(folder);
  await mkdir(folder);
  log.write();
  await log.close();
  expect(await read(folder)).toEqual([["lamp", "4"]]);
});
