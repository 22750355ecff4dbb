/** Property tests of the journal's encoding: intact batches of records are decoded unchanged. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Telemetry } from "../../contract/index.js";
import type { StoredBoot } from "../../server/src/devices/boots.js";
import { JournalBatch } from "../../server/src/ingest/journal/batch.js";
import { readSegment } from "../../server/src/ingest/journal/read.js";
import type { Point } from "../../server/src/history/recent.js";
import { decodeLog, SyncMarker } from "../../server/src/storage/log-format.js";

const count = fc.nat({ max: 0x7fffffff });
// adds 0 to turn -0 into 0, because the encoding does not preserve -0
const time = fc.oneof(
  fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  fc.double({ noNaN: true }).map((time) => time + 0),
);
const device = fc.record({
  number: fc.nat({ max: 5000 }),
  id: fc.string({ minLength: 1, maxLength: 96, unit: "grapheme-ascii" }),
});
const toOptional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const point: fc.Arbitrary<Point> = fc.record({
  time,
  light: fc.oneof(fc.nat({ max: 1023 }), fc.double({ min: 0, max: 1023, noNaN: true })),
  led_on: fc.constantFrom(null, false, true),
});
const bits = fc.uint8Array({ minLength: 128, maxLength: 128 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const clock: fc.Arbitrary<StoredBoot[2]> = fc.option(fc.tuple(time, time, time));
const boot: fc.Arbitrary<StoredBoot> = fc.tuple(
  count,
  fc.tuple(count, count, count, fc.oneof(fc.constant(""), bits)),
  clock,
);

type Step = readonly [kind: string, device: { readonly number: number; readonly id: string }, ...rest: unknown[]];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(
    fc.constant("reading"),
    device,
    fc.record({ boot: toOptional(count), seq: toOptional(count), at: toOptional(time), age: toOptional(count) }),
    time,
    fc.boolean(),
    point,
  ),
  fc.tuple(fc.constant("state"), device, fc.array(boot, { maxLength: 2 }), fc.array(point, { maxLength: 30 })),
  fc.tuple(fc.constant("forget"), device),
);

/** Changes the ids so that a number always means the same device until that device is forgotten. */
function assignUniqueNumbers(steps: readonly Step[]): Step[] {
  const ids = new Map<number, string>();
  return steps.map(([kind, { number, id }, ...rest]) => {
    if (!ids.has(number)) ids.set(number, id);
    const device = { number, id: ids.get(number)! };
    if (kind === "forget") ids.delete(number);
    return [kind, device, ...rest];
  });
}

function writeStep(batch: JournalBatch, [kind, device, ...rest]: Step): void {
  if (kind === "reading") {
    const [reading, now, live, point] = rest as [Telemetry, number, boolean, Point];
    batch.addReading(device, { ...reading, light: point.light }, now, live, point);
  } else if (kind === "state") batch.addSnapshot(device, ...(rest as [StoredBoot[], Point[]]));
  else batch.addForgetRecord(device);
}

/** Returns the callback arguments that a record is expected to cause. */
function expectedCallOf([kind, { id }, ...rest]: Step): unknown[] {
  if (kind !== "reading") return [kind, id, ...rest];
  const [reading, now, live, point] = rest as [Telemetry, number, boolean, Point];
  return [kind, id, { ...reading, light: point.light }, now, live, point];
}

function readRecords(file: Buffer): unknown[] {
  const records: unknown[] = [];
  readSegment(decodeLog(file).payloads, {
    reading: (...what) => void records.push(["reading", ...what]),
    snapshot: (...what) => void records.push(["state", ...what]),
    forget: (...what) => void records.push(["forget", ...what]),
  });
  return records;
}

const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 20 }), { maxLength: 8 }).map((batches) => {
  const steps = assignUniqueNumbers(batches.flat());
  return batches.map(({ length }) => steps.splice(0, length));
});

/** Size of the header of a journal segment, which precedes the first batch, in bytes. */
const HEADER_SIZE = new SyncMarker().header.length;

/** Encodes batches into a segment. Returns the segment and the end offset of each batch. */
function encodeSegment(batches: readonly Step[][]): { file: Buffer; ends: number[] } {
  const batch = new JournalBatch();
  const marker = new SyncMarker();
  const parts = batches.map((steps) => {
    for (const step of steps) writeStep(batch, step);
    const part = Buffer.from(batch.finish());
    marker.markFrame(part);
    batch.beginNextBatch(false);
    return part;
  });
  let end = HEADER_SIZE;
  return { file: Buffer.concat([marker.header, ...parts]), ends: parts.map(({ length }) => (end += length)) };
}

test("decoding a segment returns the encoded records", () => {
  fc.assert(
    fc.property(batches, (batches) => {
      expect(readRecords(encodeSegment(batches).file)).toEqual(batches.flat().map(expectedCallOf));
    }),
  );
});

test("a segment that is truncated at any byte has all complete batches before the cut", () => {
  fc.assert(
    fc.property(batches, fc.nat(), (batches, at) => {
      const { file, ends } = encodeSegment(batches);
      const length = at % (file.length + 1);
      const complete = ends.filter((end) => end <= length).length;
      expect(readRecords(file.subarray(0, length))).toEqual(batches.slice(0, complete).flat().map(expectedCallOf));
    }),
    { numRuns: 500 },
  );
});

const state: Step = ["state", { number: 0, id: " " }, [], []];

test("a damaged batch does not affect the records of other batches or their devices", () => {
  fc.assert(
    fc.property(batches, fc.nat(), fc.integer({ min: 1, max: 255 }), (batches, at, flip) => {
      const { file, ends } = encodeSegment(batches);
      if (ends.length === 0) return;
      const place = HEADER_SIZE + (at % (file.length - HEADER_SIZE));
      file[place] ^= flip;
      const damaged = ends.findIndex((end) => place < end);
      const others = batches.filter((_, n) => n !== damaged).flat();
      // expects all batches except the damaged one, or all batches when only a sync marker is damaged
      expect([others, batches.flat()].map((steps) => steps.map(expectedCallOf))).toContainEqual(readRecords(file));
    }),
    // covers a damaged sync marker, and a last batch whose final bytes also occur earlier in the file
    { numRuns: 500, examples: [[[[state], [state]], 0, 1]] },
  );
});

test("complete batches are decoded before any bytes that follow, and no bytes cause an exception", () => {
  fc.assert(
    fc.property(batches, fc.nat(), fc.uint8Array({ maxLength: 300 }), (batches, at, rest) => {
      const { file, ends } = encodeSegment(batches);
      const length = at % (file.length + 1);
      const complete = ends.filter((end) => end <= length).length;
      const records = readRecords(Buffer.concat([file.subarray(0, length), rest]));
      expect(records.slice(0, batches.slice(0, complete).flat().length)).toEqual(
        batches.slice(0, complete).flat().map(expectedCallOf),
      );
    }),
    { numRuns: 500 },
  );
});
