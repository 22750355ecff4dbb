/** How servers hand each other messages: as they came, whatever is in them. */
import { expect, test } from "vitest";
import { isHanding, readHanding as readFrom, writeHanding, type Handing } from "../../server/src/cluster/handed.js";

const START = "nightlight-server-";
const readHanding = (bytes: Buffer): Handing | undefined => readFrom(bytes, START);

const handing: Handing = {
  from: `${START}0123456789ab-2`,
  number: 7,
  hops: 1,
  taken: [3, 4],
  messages: [
    { topic: "a/telemetry", payload: Buffer.from('{"light":1}'), arrival: { now: 1_700_000_000_000, live: true } },
    {
      topic: "b c/set",
      payload: Buffer.from("\t\n+grün\n"),
      arrival: { now: 1_699_999_999_990, live: false, before: 5 },
    },
    { topic: "d/replies", payload: Buffer.from([0, 10, 255, 128]), arrival: { now: 1_700_000_000_001, live: true } },
    { topic: "e/telemetry", payload: Buffer.alloc(0), arrival: { now: 1_700_000_000_002, live: true } },
  ],
};

test("messages arrive with the bytes, the times and the order that they had", () => {
  const word = writeHanding(handing);
  expect(isHanding(word)).toBe(true);
  expect(readHanding(word)).toEqual(handing);
});

test("what was taken can be said without messages", () => {
  const word = writeHanding({ ...handing, number: 0, messages: [] });
  expect(readHanding(word)).toEqual({ ...handing, number: 0, messages: [] });
  expect(readHanding(writeHanding({ ...handing, messages: [], taken: [] }))?.taken).toEqual([]);
});

test("what servers say in JSON is not taken for messages", () => {
  expect(isHanding(Buffer.from('{"ask":1}'))).toBe(false);
  expect(isHanding(Buffer.alloc(0))).toBe(false);
});

test("what is not whole counts as not come, wherever it ends", () => {
  const word = writeHanding(handing);
  for (let length = 1; length < word.length; length++) expect(readHanding(word.subarray(0, length))).toBeUndefined();
});
