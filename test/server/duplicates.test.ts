import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  startSequence,
  restoreSequence,
  toStoredSequence,
  addSequenceNumber,
  WINDOW_SIZE,
  type Sequence,
} from "../../server/src/devices/sequence.js";

const createEmptySequence = (): Sequence => ({ firstSeq: 0, highestSeq: 0, gapCount: 0, bits: undefined });

function createSequenceFrom(seq: number): Sequence {
  const sequence = createEmptySequence();
  startSequence(sequence, seq);
  return sequence;
}

/** Stores and restores a sequence, as a restart does. */
function restoreCopy(sequence: Sequence): Sequence {
  const copy = createEmptySequence();
  restoreSequence(copy, JSON.parse(JSON.stringify(toStoredSequence(sequence))) as ReturnType<typeof toStoredSequence>);
  return copy;
}

test("within the window, a repeated number is a duplicate in any order and across restarts", () => {
  const offsetsInWindow = fc.array(fc.integer({ min: 0, max: WINDOW_SIZE - 1 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 2000 }), offsetsInWindow, fc.nat(50), (start, offsets, every) => {
      let sequence = createSequenceFrom(start + offsets[0]);
      const oracle = new Set([start + offsets[0]]);
      for (const [n, offset] of offsets.slice(1).entries()) {
        const seq = start + offset;
        const highest = Math.max(...oracle);
        expect(addSequenceNumber(sequence, seq)).toBe(
          oracle.has(seq) ? "duplicate" : seq > highest ? "newest" : "late",
        );
        oracle.add(seq);
        if (n % (every + 1) === every) sequence = restoreCopy(sequence);
      }
    }),
  );
});

test("a long run never loses a reading and finds every duplicate of the last thousand", () => {
  const sequence = createSequenceFrom(1);
  let lost = 0;
  let missed = 0;
  for (let seq = 2; seq <= 10_000; seq++) {
    if (addSequenceNumber(sequence, seq) !== "newest") lost++;
    if (addSequenceNumber(sequence, Math.max(1, seq - (seq % 1000))) !== "duplicate") missed++;
  }
  expect({ lost, missed, holes: sequence.gapCount }).toEqual({ lost: 0, missed: 0, holes: 0 });
});

test("a gap longer than the window forgets what lies before it", () => {
  const sequence = createSequenceFrom(5);
  expect(addSequenceNumber(sequence, 5 + 4096)).toBe("newest");
  expect(addSequenceNumber(sequence, 5 + 4095)).toBe("late");
  expect(addSequenceNumber(sequence, 5 + 4095)).toBe("duplicate");
});

test("a number that is too old to be remembered counts as new, so that no reading is lost", () => {
  const sequence = createSequenceFrom(5000);
  expect(addSequenceNumber(sequence, 10)).toBe("late");
  expect(addSequenceNumber(sequence, 5000)).toBe("duplicate");
});

describe("missing numbers", () => {
  test("missing numbers are counted from the start of the boot, and fewer when they arrive late", () => {
    const sequence = createSequenceFrom(10);
    expect(sequence.gapCount).toBe(9);
    for (let seq = 1; seq <= 8; seq++) addSequenceNumber(sequence, seq);
    expect(sequence.gapCount).toBe(1);
    addSequenceNumber(sequence, 20);
    expect(restoreCopy(sequence).gapCount).toBe(10);
  });

  test("numbers before the first reading of a long-running board are not missing", () => {
    const sequence = createSequenceFrom(1_000_000);
    expect(sequence.gapCount).toBe(0);
    expect(addSequenceNumber(sequence, 999_999)).toBe("late");
    expect(sequence.gapCount).toBe(0);
  });

  test("the number of missing numbers is exact, whatever the order of arrival", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: WINDOW_SIZE }), { minLength: 1, maxLength: 400 }), (numbers) => {
        const sequence = createSequenceFrom(numbers[0]);
        for (const seq of numbers.slice(1)) addSequenceNumber(sequence, seq);
        expect(sequence.gapCount).toBe(Math.max(...numbers) - new Set(numbers).size);
      }),
    );
  });

  test("missing numbers take no storage once they have arrived", () => {
    const sequence = createSequenceFrom(1);
    addSequenceNumber(sequence, 100);
    expect(toStoredSequence(sequence)[3]).not.toBe("");
    for (let seq = 2; seq < 100; seq++) addSequenceNumber(sequence, seq);
    for (let seq = 101; seq <= 128; seq++) addSequenceNumber(sequence, seq);
    expect(toStoredSequence(sequence)).toEqual([1, 128, 0, ""]);
  });
});
