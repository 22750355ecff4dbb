import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRingBuffer, type Reading } from "../../src/ring.js";

const reading: fc.Arbitrary<Reading> = fc.record({
  seq: fc.integer({ min: 1, max: 0x7fffffff }),
  at: fc.integer({ min: 0, max: 2 ** 40 }),
  light: fc.integer({ min: 0, max: 1023 }),
  led_on: fc.boolean(),
});
const step = fc.oneof({ weight: 3, arbitrary: reading }, { weight: 2, arbitrary: fc.constant("shift" as const) });

describe("the ring buffer of readings", () => {
  it("returns readings unchanged and in order; when full, it drops and counts the oldest", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 100 }), (capacity, steps) => {
        const ring = createRingBuffer(capacity);
        const model: Reading[] = [];
        let dropped = 0;
        for (const next of steps) {
          if (next === "shift") expect(ring.shift()).toEqual(model.shift());
          else {
            ring.push(next);
            model.push(next);
            if (model.length > capacity) {
              model.shift();
              dropped++;
            }
          }
          expect([ring.length, ring.dropped]).toEqual([model.length, dropped]);
        }
      }),
    );
  });
});
