import { describe, expect, test } from "vitest";
import { Ledger } from "../../bench/loop/load/ledger.js";
import { problemOf } from "../../bench/loop/measure.js";
import type { LoadResult } from "../../bench/loop/load/task.js";

const DEVICE_INDEX = 3;

/** Returns a ledger with readings of one device: alternately dark and bright, numbered from 1, one per ms. */
function ledgerWith(readings: number, numbered = false): Ledger {
  const ledger = new Ledger(10, 4, numbered);
  for (let seq = 1; seq <= readings; seq++) ledger.sent(DEVICE_INDEX, seq, seq, seq % 2 === 1);
  return ledger;
}

describe("the ledger of the load generator", () => {
  test("counts a matching answer as right, and measures its latency from the planned send time", () => {
    const ledger = ledgerWith(1);
    expect(ledger.answered(DEVICE_INDEX, true, -1, 8.5)).toBe("right");
    expect(ledger.took).toBe(7.5);
    expect(ledger.waiting).toBe(0);
  });

  test("counts the opposite lamp state and an unreadable answer as wrong", () => {
    for (const ledOn of [false, undefined]) {
      const ledger = ledgerWith(1);
      expect(ledger.answered(DEVICE_INDEX, ledOn, -1, 2)).toBe("wrong");
      expect(ledger.wrong).toBe(1);
    }
  });

  test("counts an answer without a reading, and a second answer to a reading, as unexpected", () => {
    const ledger = ledgerWith(1);
    ledger.answered(DEVICE_INDEX, true, -1, 2);
    expect(ledger.answered(DEVICE_INDEX, true, -1, 3)).toBe("unexpected");
    expect(ledger.answered(DEVICE_INDEX + 1, true, -1, 3)).toBe("unexpected");
    expect(ledger.unexpected).toBe(2);
  });

  test("counts a reading as lost when the next reading is answered first", () => {
    const ledger = ledgerWith(3);
    expect(ledger.answered(DEVICE_INDEX, false, -1, 10)).toBe("right");
    expect(ledger.lost).toBe(1);
    expect(ledger.took).toBe(8);
  });

  test("counts an answer with the seq of another reading as wrong", () => {
    const ledger = ledgerWith(1, true);
    expect(ledger.answered(DEVICE_INDEX, true, 3, 2)).toBe("wrong");
  });

  test("gives up readings that wait too long, and the oldest one when too many wait", () => {
    const ledger = ledgerWith(5);
    expect(ledger.lost).toBe(1);
    expect(ledger.giveUpBefore(4)).toEqual([]);
    expect(ledger.lost).toBe(3);
    expect(ledger.giveUpBefore(Infinity)).toEqual([DEVICE_INDEX]);
    expect(ledger.lost).toBe(5);
  });

  test("accepts a result only when every reading got exactly one right answer", () => {
    const fine: LoadResult = {
      cycles: 10,
      seconds: 1,
      latency: { p50: 1, p99: 2, max: 3 },
      wrong: 0,
      lost: 0,
      unexpected: 0,
      unacknowledged: 0,
      cpu: 0,
      lag: 0,
    };
    expect(problemOf(fine)).toBeUndefined();
    expect(problemOf({ ...fine, wrong: 2, lost: 1 })).toBe("2 wrong answers, 1 readings without an answer");
    expect(problemOf({ ...fine, unexpected: 1 })).toBe("1 answers to nothing");
    expect(problemOf({ ...fine, unacknowledged: 1 })).toBe("1 readings not acknowledged");
    expect(problemOf({ ...fine, cycles: 0 })).toBe("nothing was answered");
  });
});
