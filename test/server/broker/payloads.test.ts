/** Payloads by number, held against a map of buffers. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Payloads } from "../../../server/src/broker/payloads.js";

const payload = fc
  .oneof({ weight: 3, arbitrary: fc.uint8Array({ maxLength: 70 }) }, fc.uint8Array({ maxLength: 400 }))
  .map((bytes) => Buffer.from(bytes));
const step = fc.record({
  /** Which of those that are there it is about. */
  which: fc.nat(),
  what: fc.constantFrom("add", "add", "set", "set", "delete"),
  payload,
  qos: fc.nat(2),
});

test("each payload is kept as it was given last, whatever its length, and whichever others come and go", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
      const payloads = new Payloads();
      const expected = new Map<number, { payload: Buffer; qos: number }>();
      for (const { which, what, payload, qos } of steps) {
        // what is kept is no part of what the caller has
        const given = Buffer.from(payload);
        const number = [...expected.keys()][which % expected.size];
        if (what === "add" || number === undefined) {
          const added = payloads.add(given, qos);
          expect(expected.has(added)).toBe(false);
          expected.set(added, { payload, qos });
        } else if (what === "set") {
          payloads.set(number, given, qos);
          expected.set(number, { payload, qos });
        } else {
          payloads.delete(number);
          expected.delete(number);
        }
        given.fill(0);
      }
      for (const [number, { payload, qos }] of expected) {
        expect(payloads.get(number).equals(payload)).toBe(true);
        expect(payloads.qosOf(number)).toBe(qos);
      }
    }),
  );
});

test("thousands are kept, and those of others that are gone are taken again", () => {
  const payloads = new Payloads();
  const numbers = Array.from({ length: 5000 }, (_, n) => payloads.add(Buffer.from(`payload ${n}`), 1));
  for (const [n, number] of numbers.entries()) expect(payloads.get(number).toString()).toBe(`payload ${n}`);
  for (const number of numbers) payloads.delete(number);
  const again = Array.from({ length: 5000 }, (_, n) => payloads.add(Buffer.from(`another ${n}`), 0));
  expect(again.toSorted((a, b) => a - b)).toEqual(numbers);
});
