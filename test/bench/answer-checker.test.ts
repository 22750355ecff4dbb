import { describe, expect, test } from "vitest";
import { AnswerChecker } from "../../bench/loop/load/answer-checker.js";
import { problemOf } from "../../bench/loop/measure.js";
import type { LoadResult } from "../../bench/loop/load/task.js";

const DEVICE_INDEX = 3;

/**
 * Creates a checker for one device that has sent readings without an answer: one per ms, with `seq` from 1, and with light
 * that is alternately dark and bright.
 */
function createCheckerWithReadings(readings: number, numbered = false): AnswerChecker {
  const checker = new AnswerChecker(10, 4, numbered);
  for (let seq = 1; seq <= readings; seq++) checker.addReading(DEVICE_INDEX, seq, seq, seq % 2 === 1);
  return checker;
}

describe("the answer checker of the load generator", () => {
  test("counts a matching answer as right, and measures its latency from the planned send time", () => {
    const checker = createCheckerWithReadings(1);
    expect(checker.checkAnswer(DEVICE_INDEX, true, -1, 8.5)).toBe("right");
    expect(checker.latency).toBe(7.5);
    expect(checker.unansweredCount).toBe(0);
  });

  test("counts the opposite lamp state and an unreadable answer as wrong", () => {
    for (const ledOn of [false, undefined]) {
      const checker = createCheckerWithReadings(1);
      expect(checker.checkAnswer(DEVICE_INDEX, ledOn, -1, 2)).toBe("wrong");
      expect(checker.wrong).toBe(1);
    }
  });

  test("counts an answer without a reading, and a second answer to a reading, as unexpected", () => {
    const checker = createCheckerWithReadings(1);
    checker.checkAnswer(DEVICE_INDEX, true, -1, 2);
    expect(checker.checkAnswer(DEVICE_INDEX, true, -1, 3)).toBe("unexpected");
    expect(checker.checkAnswer(DEVICE_INDEX + 1, true, -1, 3)).toBe("unexpected");
    expect(checker.unexpected).toBe(2);
  });

  test("counts a reading as lost when the next reading is answered first", () => {
    const checker = createCheckerWithReadings(3);
    expect(checker.checkAnswer(DEVICE_INDEX, false, -1, 10)).toBe("right");
    expect(checker.lost).toBe(1);
    expect(checker.latency).toBe(8);
  });

  test("counts an answer with the seq of another reading as wrong", () => {
    const checker = createCheckerWithReadings(1, true);
    expect(checker.checkAnswer(DEVICE_INDEX, true, 3, 2)).toBe("wrong");
  });

  test("gives up readings that wait too long, and the oldest one when too many wait", () => {
    const checker = createCheckerWithReadings(5);
    expect(checker.lost).toBe(1);
    expect(checker.expireBefore(4)).toEqual([]);
    expect(checker.lost).toBe(3);
    expect(checker.expireBefore(Infinity)).toEqual([DEVICE_INDEX]);
    expect(checker.lost).toBe(5);
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
