/** Tests that a busy stream is read in large chunks. */
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { BUSY_BYTES, LARGE_CHUNK_BYTES, READ_PAUSE, ReadCoalescer } from "../../../server/src/mqtt/read-coalescer.js";
import { eventually } from "../../support/eventually.js";

let steps: string[];
let coalescer: ReadCoalescer;

beforeEach(() => {
  steps = [];
  const recordStep = (name: string) => () => void steps.push(name) as never;
  coalescer = new ReadCoalescer({ pause: recordStep("pause"), resume: recordStep("resume") });
  onTestFinished(() => coalescer.close());
});

test("a busy stream pauses and resumes on its own", async () => {
  for (let round = 1; round <= 3; round++) {
    // further chunks after `pause` must not pause the stream again
    for (let n = 0; n < 3; n++) coalescer.countChunk(BUSY_BYTES);
    expect(steps).toHaveLength(2 * round - 1);
    await eventually(() => steps.length === 2 * round, { what: "the end of the pause" });
  }
  expect(steps).toEqual(Array(3).fill(["pause", "resume"]).flat());
});

test("a quiet stream never pauses", async () => {
  for (let n = 0; n < 20; n++) {
    coalescer.countChunk(BUSY_BYTES - 1);
    const until = performance.now() + 2 * READ_PAUSE;
    await eventually(() => performance.now() > until, { what: "the next chunk" });
  }
  expect(steps).toEqual([]);
});

test("a stream does not pause after a large chunk", () => {
  for (let n = 0; n < 10; n++) coalescer.countChunk(LARGE_CHUNK_BYTES);
  expect(steps).toEqual([]);
  coalescer.countChunk(BUSY_BYTES);
  expect(steps).toEqual(["pause"]);
});

test("small chunks in quick succession make a stream busy", () => {
  const begin = performance.now();
  for (let n = 0; n < BUSY_BYTES && steps.length === 0; n++) coalescer.countChunk(64);
  // check only if the loop was quick enough, because a slow machine may take longer than `READ_PAUSE`
  if (performance.now() - begin < READ_PAUSE) expect(steps).toEqual(["pause"]);
});

test("a closed stream is not resumed", async () => {
  coalescer.countChunk(BUSY_BYTES);
  coalescer.close();
  const until = performance.now() + 5 * READ_PAUSE;
  await eventually(() => performance.now() > until, { what: "the time of a pause" });
  expect(steps).toEqual(["pause"]);
});
