import { beforeEach, afterEach, describe, expect, test, vi } from "vitest";
import { BoardClock } from "../../sim/vm/clock.js";

/** How far the clock may leap, in ms. */
const MOST = 400;

describe("a board's clock", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  test.each([1, 50])("never leaps by more than it may, whenever the computer stalls (speed %i)", (speed) => {
    const clock = new BoardClock(MOST);
    clock.speed = speed;
    clock.advance();
    const before = clock.now();
    vi.advanceTimersByTime(10_000);
    expect(clock.now() - before).toBe(MOST);
    clock.advance();
    expect(clock.now() - before).toBe(MOST);
    vi.advanceTimersByTime(10_000);
    clock.speed = 2;
    expect(clock.now() - before).toBeLessThanOrEqual(2 * MOST);
  });

  test("catches up on what it missed, a leap at a time, unless it hurries", () => {
    const clock = new BoardClock(MOST);
    const before = clock.now();
    vi.advanceTimersByTime(1000);
    expect([clock.advance(), clock.advance(), clock.advance(), clock.advance()]).toEqual([true, true, false, false]);
    expect(clock.now() - before).toBe(1000);
    clock.speed = 50;
    vi.advanceTimersByTime(1000);
    expect([clock.advance(), clock.now() - before]).toEqual([false, 1000 + MOST]);
  });

  test("goes as fast as it is told, and never back", () => {
    const clock = new BoardClock(MOST);
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
