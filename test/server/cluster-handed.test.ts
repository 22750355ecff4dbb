/** How servers hand each other messages: as they came, whatever is in them. */
import { expect, test } from "vitest";
import {
  isBatch,
  decodeBatch as readFrom,
  encodeBatch,
  type ForwardedBatch,
} from "../../server/src/cluster/forwarding.js";
import type { StorageClock } from "../../server/src/time/storage-clock.js";

const START = "nightlight-server-";
const decodeBatch = (bytes: Buffer, clock?: StorageClock): ForwardedBatch | undefined => readFrom(bytes, START, clock);

const handing: ForwardedBatch = {
  from: `${START}0123456789ab-2`,
  number: 7,
  hops: 1,
  confirmations: [3, 4],
  messages: [
    { topic: "a/telemetry", payload: Buffer.from('{"light":1}'), delivery: { now: 1_700_000_000_000, live: true } },
    {
      topic: "b c/set",
      payload: Buffer.from("\t\n+grün\n"),
      delivery: { now: 1_699_999_999_990, live: false, before: 5 },
    },
    { topic: "d/replies", payload: Buffer.from([0, 10, 255, 128]), delivery: { now: 1_700_000_000_001, live: true } },
    { topic: "e/telemetry", payload: Buffer.alloc(0), delivery: { now: 1_700_000_000_002, live: true } },
  ],
};

test("messages arrive with the bytes, the times and the order that they had", () => {
  const word = encodeBatch(handing);
  expect(isBatch(word)).toBe(true);
  expect(decodeBatch(word)).toEqual(handing);
});

test("what was taken can be said without messages", () => {
  const word = encodeBatch({ ...handing, number: 0, messages: [] });
  expect(decodeBatch(word)).toEqual({ ...handing, number: 0, messages: [] });
  expect(decodeBatch(encodeBatch({ ...handing, messages: [], confirmations: [] }))?.confirmations).toEqual([]);
});

test("what servers say in JSON is not taken for messages", () => {
  expect(isBatch(Buffer.from('{"ask":1}'))).toBe(false);
  expect(isBatch(Buffer.alloc(0))).toBe(false);
});

test("what is not whole counts as not come, wherever it ends", () => {
  const word = encodeBatch(handing);
  for (let length = 1; length < word.length; length++) expect(decodeBatch(word.subarray(0, length))).toBeUndefined();
});

test("servers whose clocks differ understand each other's times, by the clock that they share", () => {
  const ahead = (ms: number): StorageClock => ({
    now: () => 1_000_000,
    toWall: (time) => time + ms,
    fromWall: (shared) => shared - ms,
  });
  const delivery = { now: 1_000_000, live: false, before: 400_000 };
  const message = { topic: "a/telemetry", payload: Buffer.from("{}"), delivery };
  const word = encodeBatch({ ...handing, messages: [message], confirmations: [] }, ahead(50_000));
  const read = decodeBatch(word, ahead(-10_000))!.messages[0].delivery;
  expect(read).toEqual({ now: 1_060_000, live: false, before: 460_000 });
  // one that only says what was taken has no time
  const taken = encodeBatch({ ...handing, messages: [] }, ahead(-50_000));
  expect(decodeBatch(taken, ahead(-50_000))?.confirmations).toEqual([3, 4]);
});
