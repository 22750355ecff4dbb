/** A connection that brings much is read in large pieces. */
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { BUSY, LARGE, Pace, REST } from "../../../server/src/mqtt/read-coalescer.js";
import { eventually } from "../../support/eventually.js";

let steps: string[];
let pace: Pace;

beforeEach(() => {
  steps = [];
  const step = (name: string) => () => void steps.push(name) as never;
  pace = new Pace({ pause: step("rests"), resume: step("goes on") });
  onTestFinished(() => pace.close());
});

test("one that is busy rests, and goes on by itself", async () => {
  for (let round = 1; round <= 3; round++) {
    // what came before the rest took hold
    for (let n = 0; n < 3; n++) pace.read(BUSY);
    expect(steps).toHaveLength(2 * round - 1);
    await eventually(() => steps.length === 2 * round, { what: "the end of the rest" });
  }
  expect(steps).toEqual(Array(3).fill(["rests", "goes on"]).flat());
});

test("one that brings little at a time never rests", async () => {
  for (let n = 0; n < 20; n++) {
    pace.read(BUSY - 1);
    const until = performance.now() + 2 * REST;
    await eventually(() => performance.now() > until, { what: "the next piece" });
  }
  expect(steps).toEqual([]);
});

test("large pieces are read one after the other", () => {
  for (let n = 0; n < 10; n++) pace.read(LARGE);
  expect(steps).toEqual([]);
  pace.read(BUSY);
  expect(steps).toEqual(["rests"]);
});

test("little pieces that come close together are much", () => {
  const begin = performance.now();
  for (let n = 0; n < BUSY && steps.length === 0; n++) pace.read(64);
  // unless this machine held the test up
  if (performance.now() - begin < REST) expect(steps).toEqual(["rests"]);
});

test("none is woken that has been closed", async () => {
  pace.read(BUSY);
  pace.close();
  const until = performance.now() + 5 * REST;
  await eventually(() => performance.now() > until, { what: "the time that a rest takes" });
  expect(steps).toEqual(["rests"]);
});
