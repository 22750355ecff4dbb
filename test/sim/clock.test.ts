import { beforeEach, afterEach, describe, expect, test, vi } from "vitest";
import { BoardClock } from "../../sim/vm/clock.js";

/** Largest step by which a board's clock may advance at once, in ms. */
const MAX_STEP = 400;

describe("a board's clock", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  test.each([1, 50])("never advances by more than the largest step when the computer stalls (speed %i)", (speed) => {
    const clock = new BoardClock(MAX_STEP);
    clock.speed = speed;
    clock.advance();
    const before = clock.now();
    vi.advanceTimersByTime(10_000);
    expect(clock.now() - before).toBe(MAX_STEP);
    clock.advance();
    expect(clock.now() - before).toBe(MAX_STEP);
    vi.advanceTimersByTime(10_000);
    clock.speed = 2;
    expect(clock.now() - before).toBeLessThanOrEqual(2 * MAX_STEP);
  });

  test("catches up in steps after a stall, except at a higher speed", () => {
    const clock = new BoardClock(MAX_STEP);
    const before = clock.now();
    vi.advanceTimersByTime(1000);
    expect([clock.advance(), clock.advance(), clock.advance(), clock.advance()]).toEqual([true, true, false, false]);
    expect(clock.now() - before).toBe(1000);
    clock.speed = 50;
    vi.advanceTimersByTime(1000);
    expect([clock.advance(), clock.now() - before]).toEqual([false, 1000 + MAX_STEP]);
  });

  test("runs at the given speed, and never backward", () => {
    const clock = new BoardClock(MAX_STEP);
    const before = clock.now();
    clock.speed = 50;
    vi.advanceTimersByTime(4);
    clock.advance();
    expect(clock.now() - before).toBe(200);
    clock.speed = 1;
    vi.advanceTimersByTime(4);
    expect(clock.now() - before).toBe(204);
  });
});
