/** Tests the login throttle: how fast passwords can be guessed, and which clients have to wait. */
import { describe, expect, test } from "vitest";
import { LoginThrottle, type LoginAttempt } from "../../../server/src/security/login-throttle.js";

const HOUR = 60 * 60_000;

type AttemptOutcome = keyof LoginAttempt;

/** Creates a throttle with a clock that only the test advances. */
function createThrottle() {
  const clock = { time: 0 };
  const throttle = new LoginThrottle(() => clock.time);
  /** Makes an attempt if the throttle allows it; returns the wait in ms otherwise. */
  function attempt(address: string, name: string, outcome: AttemptOutcome = "fail"): number {
    const wait = throttle.getWaitTime(address, name);
    if (wait === 0) throttle.beginAttempt(address, name)[outcome]();
    return wait;
  }
  /** Fails as often as the throttle allows without waiting; returns the wait after that, in ms. */
  function failAll(address: string, name: string): number {
    for (let n = 0; n < 10; n++) {
      const wait = attempt(address, name);
      if (wait > 0) return wait;
    }
    throw new Error(`Ten failures did not make ${name} at ${address} wait.`);
  }
  return { clock, throttle, attempt, failAll };
}

describe("a guesser", () => {
  test("a guesser has five failures free, then waits twice as long after each one, up to 15 min", () => {
    const { clock, attempt, failAll } = createThrottle();
    for (let n = 0; n < 5; n++) expect(attempt("192.0.2.1", `name ${n}`)).toBe(0);
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      const wait = failAll("192.0.2.1", `another ${n}`);
      waits.push(wait / 1000);
      clock.time += wait;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  test("a guesser starts anew after an hour without a failure", () => {
    const { clock, attempt, failAll } = createThrottle();
    failAll("192.0.2.1", "ann");
    clock.time += HOUR;
    for (let n = 0; n < 5; n++) expect(attempt("192.0.2.1", "ann")).toBe(0);
    expect(attempt("192.0.2.1", "ann")).toBe(1000);
  });

  test("a guesser is no faster in parallel: attempts count as failed while they run", () => {
    const { clock, throttle } = createThrottle();
    const running = Array.from({ length: 5 }, () => throttle.beginAttempt("192.0.2.1", "ann"));
    expect(throttle.getWaitTime("192.0.2.1", "bob")).toBe(1000);
    clock.time += 300;
    for (const attempt of running) attempt.fail();
    expect(throttle.getWaitTime("192.0.2.1", "bob")).toBe(1000);
  });

  test("a guesser has to wait for a name, whatever the addresses of the guesses", () => {
    const { attempt } = createThrottle();
    for (let n = 0; n < 5; n++) expect(attempt(`198.51.100.${n}`, "ann")).toBe(0);
    expect(attempt("198.51.100.9", "ann")).toBe(1000);
    expect(attempt("198.51.100.9", "bob")).toBe(0);
  });

  test("a guesser cannot clear failures by logging in with another account", () => {
    const { attempt } = createThrottle();
    for (let n = 0; n < 5; n++) {
      expect(attempt("192.0.2.1", `eve ${n % 3}`, "succeed")).toBe(0);
      expect(attempt("192.0.2.1", "ann")).toBe(0);
    }
    expect(attempt("192.0.2.1", "ann")).toBe(1000);
  });

  test("a guesser cannot use the logins of a user to guess that user's password faster, from the same or another address", () => {
    const { attempt } = createThrottle();
    for (let n = 0; n < 5; n++) {
      expect(attempt("192.0.2.1", "ann", "succeed")).toBe(0);
      expect(attempt("192.0.2.1", "ann")).toBe(0);
      expect(attempt(`198.51.100.${n}`, "ann")).toBe(0);
    }
    expect(attempt("192.0.2.1", "ann")).toBe(1000);
    expect(attempt("198.51.100.9", "ann")).toBe(1000);
  });

  test("a guesser's IPv6 /64 network counts as one address, and so do all spellings of an IPv4 address", () => {
    const { attempt, failAll } = createThrottle();
    failAll("2001:db8:0:1::1", "a");
    expect(attempt("2001:db8:0:1:ffff::9", "b")).toBe(1000);
    expect(attempt("2001:db8::1:0:0:0:1", "c")).toBe(1000);
    expect(attempt("2001:db8:0:2::1", "d")).toBe(0);
    failAll("::ffff:192.0.2.7", "e");
    expect(attempt("192.0.2.7", "f")).toBe(1000);
    expect(attempt("192.0.2.8", "g")).toBe(0);
  });

  test("a guesser cannot fill the memory, because only the 10,000 addresses with the latest failures are kept", () => {
    const { attempt, failAll } = createThrottle();
    failAll("first", "a");
    for (let n = 0; n < 9999; n++) attempt(`${n}`, `name ${n}`);
    expect(attempt("first", "b")).toBe(1000);
    attempt("one more", "c");
    expect(attempt("first", "b")).toBe(0);
  });

  test("a guesser cannot push failures out of memory with attempts that are not failures", () => {
    const { attempt, failAll } = createThrottle();
    failAll("192.0.2.1", "a");
    for (let n = 0; n < 10_000; n++) attempt(`${n}`, `name ${n}`, "withdraw");
    expect(attempt("192.0.2.1", "b")).toBe(1000);
  });
});

describe("a user who has logged in before from an address", () => {
  test("a user who has logged in from an address does not wait there for the failures of others", () => {
    const { attempt, failAll } = createThrottle();
    attempt("192.0.2.1", "ann", "succeed");
    failAll("192.0.2.1", "bob");
    for (let n = 0; n < 9; n++) failAll(`198.51.100.${n}`, "ann");
    expect(attempt("192.0.2.1", "ann", "succeed")).toBe(0);
    expect(attempt("192.0.2.2", "ann")).toBe(1000);
  });

  test("a user who has logged in from an address waits after five failures of that name at that address", () => {
    const { clock, attempt, failAll } = createThrottle();
    attempt("192.0.2.1", "ann", "succeed");
    for (let n = 0; n < 5; n++) expect(attempt("192.0.2.1", "ann")).toBe(0);
    expect(attempt("192.0.2.1", "ann")).toBe(1000);
    clock.time += 1000;
    expect(failAll("192.0.2.1", "ann")).toBe(2000);
  });

  test("a user's failures at a known address delay no other user and no other address", () => {
    const { attempt, failAll } = createThrottle();
    attempt("192.0.2.1", "ann", "succeed");
    failAll("192.0.2.1", "ann");
    expect(attempt("192.0.2.1", "bob")).toBe(0);
    expect(attempt("192.0.2.2", "ann")).toBe(0);
  });
});

test("a board with an outdated password does not lock out other boards behind the same address", () => {
  const { clock, attempt } = createThrottle();
  const boards = Array.from({ length: 100 }, (_, n) => `board-${n}`);
  for (const board of boards) expect(attempt("192.0.2.1", board, "succeed")).toBe(0);
  for (let second = 0; second < 7200; second++) {
    attempt("192.0.2.1", "board-0");
    expect(attempt("192.0.2.1", boards[1 + (second % 99)], "succeed")).toBe(0);
    if (second % 60 === 0) expect(attempt("192.0.2.1", `new board ${second}`, "succeed")).toBe(0);
    clock.time += 1000;
  }
});

test("a right password causes no further waiting, however many failures came before", () => {
  const { clock, throttle, attempt } = createThrottle();
  for (let n = 0; n < 12; n++) {
    clock.time += throttle.getWaitTime("192.0.2.1", "eve");
    attempt("192.0.2.1", "eve");
  }
  clock.time += throttle.getWaitTime("192.0.2.1", "eve");
  for (let n = 0; n < 50; n++) expect(attempt("192.0.2.1", `board-${n}`, "succeed")).toBe(0);
});
