/** Tests the encoding of the MQTT messages and acknowledgments that servers forward to each other in batches. */
import { expect, test } from "vitest";
import {
  isBatch,
  decodeBatch as readFrom,
  encodeBatch,
  type ForwardedBatch,
} from "../../server/src/cluster/forwarding.js";
import type { StorageClock } from "../../server/src/time/storage-clock.js";

const SERVER_NAME_PREFIX = "nightlight-server-";
const decodeBatch = (bytes: Buffer, clock?: StorageClock): ForwardedBatch | undefined =>
  readFrom(bytes, SERVER_NAME_PREFIX, clock);

const batch: ForwardedBatch = {
  from: `${SERVER_NAME_PREFIX}0123456789ab-2`,
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

test("a decoded batch has the same bytes, times and order as the encoded one", () => {
  const encoded = encodeBatch(batch);
  expect(isBatch(encoded)).toBe(true);
  expect(decodeBatch(encoded)).toEqual(batch);
});

test("a batch can contain acknowledgments without messages", () => {
  const encoded = encodeBatch({ ...batch, number: 0, messages: [] });
  expect(decodeBatch(encoded)).toEqual({ ...batch, number: 0, messages: [] });
  expect(decodeBatch(encodeBatch({ ...batch, messages: [], confirmations: [] }))?.confirmations).toEqual([]);
});

test("JSON messages between servers are not mistaken for batches", () => {
  expect(isBatch(Buffer.from('{"ask":1}'))).toBe(false);
  expect(isBatch(Buffer.alloc(0))).toBe(false);
});

test("a truncated batch is not decoded, wherever it ends", () => {
  const encoded = encodeBatch(batch);
  for (let length = 1; length < encoded.length; length++)
    expect(decodeBatch(encoded.subarray(0, length))).toBeUndefined();
});

test("servers with different clocks convert each other's times through the shared clock", () => {
  const createClockAhead = (ms: number): StorageClock => ({
    now: () => 1_000_000,
    toWall: (time) => time + ms,
    fromWall: (shared) => shared - ms,
  });
  const delivery = { now: 1_000_000, live: false, before: 400_000 };
  const message = { topic: "a/telemetry", payload: Buffer.from("{}"), delivery };
  const encoded = encodeBatch({ ...batch, messages: [message], confirmations: [] }, createClockAhead(50_000));
  const read = decodeBatch(encoded, createClockAhead(-10_000))!.messages[0].delivery;
  expect(read).toEqual({ now: 1_060_000, live: false, before: 460_000 });
  // a batch with acknowledgments (`confirmations`) but without messages contains no times
  const taken = encodeBatch({ ...batch, messages: [] }, createClockAhead(-50_000));
  expect(decodeBatch(taken, createClockAhead(-50_000))?.confirmations).toEqual([3, 4]);
});
