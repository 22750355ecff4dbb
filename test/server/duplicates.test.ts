import fc from "fast-check";
import { expect, test } from "vitest";
import { Seen } from "../../server/src/duplicates.js";

test("a reading that comes twice is a duplicate, in whatever order readings come, as long as it is in the window", () => {
  const near = fc.array(fc.integer({ min: 0, max: 1023 }), { maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 2000 }), near, (start, offsets) => {
      const seen = new Seen();
      const oracle = new Set<number>();
      for (const offset of offsets) {
        const seq = start + offset;
        expect(seen.isNew(7, seq)).toBe(!oracle.has(seq));
        oracle.add(seq);
      }
    }),
  );
});

test("a long run never loses a reading and finds every duplicate of the last thousand", () => {
  const seen = new Seen();
  let lost = 0;
  let doubled = 0;
  for (let seq = 1; seq <= 10_000; seq++) {
    if (!seen.isNew(1, seq)) lost++;
    if (seen.isNew(1, Math.max(1, seq - (seq % 1000)))) doubled++;
  }
  expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 });
});

test("a gap longer than the window forgets what lies before it", () => {
  const seen = new Seen();
  expect(seen.isNew(1, 5)).toBe(true);
  expect(seen.isNew(1, 5 + 4096)).toBe(true);
  expect(seen.isNew(1, 5 + 4096 - 1)).toBe(true);
  expect(seen.isNew(1, 5 + 4096 - 1)).toBe(false);
});

test("a number too old to be remembered counts as new: better twice than never", () => {
  const seen = new Seen();
  seen.isNew(1, 5000);
  expect(seen.isNew(1, 10)).toBe(true);
  expect(seen.isNew(1, 5000)).toBe(false);
});

test("a board that started again counts from the beginning", () => {
  const seen = new Seen();
  expect(seen.isNew(1, 1)).toBe(true);
  expect(seen.isNew(2, 1)).toBe(true);
  expect(seen.isNew(2, 1)).toBe(false);
});
