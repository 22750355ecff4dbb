/** Model-based test of the login throttle: in any sequence of attempts, throttle and model require the same delays. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LoginThrottle, type LoginAttempt } from "../../../server/src/security/login-throttle.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type AttemptOutcome = keyof LoginAttempt;

/** A reference implementation of the rules, which searches all past attempts. */
class ThrottleModel {
  readonly attempts: {
    readonly network: string;
    readonly name: string;
    readonly known: boolean;
    readonly start: number;
    end?: number;
    outcome?: AttemptOutcome;
  }[] = [];

  isKnown(network: string, name: string): boolean {
    return this.attempts.some((a) => a.outcome === "succeed" && a.network === network && a.name === name);
  }

  waitTimeOf(network: string, name: string, now: number): number {
    const known = this.isKnown(network, name);
    const counting = this.attempts.filter((a) => a.known === known);
    const ofNetwork = counting.filter((a) => a.network === network);
    if (known)
      return this.#wait(
        ofNetwork.filter((a) => a.name === name),
        now,
      );
    const ofName = counting.filter((a) => a.name === name);
    return Math.max(this.#wait(ofNetwork, now), this.#wait(ofName, now));
  }

  #wait(attempts: ThrottleModel["attempts"], now: number): number {
    const failures = attempts.filter((a) => a.outcome === "fail").map((a) => a.end!);
    let count = 0;
    let last = -Infinity;
    for (const time of failures.sort((a, b) => a - b)) {
      count = time - last < HOUR ? count + 1 : 1;
      last = time;
    }
    if (now - last >= HOUR) count = 0;
    const running = attempts.filter((a) => a.end === undefined).length;
    count += running;
    if (count < 5) return 0;
    const starts = running > 0 ? attempts.map((a) => a.start) : [];
    const pause = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512][count - 5] ?? 900;
    return Math.max(0, Math.max(last, ...starts) + pause * 1000 - now);
  }
}

test("the delays follow the rules for any sequence of attempts", () => {
  /** The network of each client address. */
  const addresses = { "192.0.2.1": "a", "::ffff:192.0.2.1": "a", "2001:db8::1": "b", "2001:db8::9:1": "b" };
  const address = fc.constantFrom(...(Object.keys(addresses) as (keyof typeof addresses)[]));
  const who = { address, name: fc.constantFrom("ann", "bob") };
  const outcome = fc.constantFrom<AttemptOutcome>("fail", "fail", "fail", "fail", "succeed", "withdraw");
  const times = fc.integer({ min: 1, max: 6 });
  const pass = fc.constantFrom(1, 500, 1000, 5000, MINUTE, HOUR - 1, HOUR);
  const step = fc.oneof(
    // attempts without an outcome are still running
    { weight: 6, arbitrary: fc.record({ ...who, times, outcome: fc.option(outcome, { nil: undefined }) }) },
    { weight: 3, arbitrary: fc.record({ end: fc.nat(9), outcome }) },
    { weight: 4, arbitrary: fc.record({ pass }) },
    { weight: 4, arbitrary: fc.record({ waitFor: fc.record(who) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const clock = { time: 0 };
      const throttle = new LoginThrottle(() => clock.time);
      const model = new ThrottleModel();
      let running: { attempt: LoginAttempt; modeled: ThrottleModel["attempts"][number] }[] = [];
      const finishAttempt = ({ attempt, modeled }: (typeof running)[number], how: AttemptOutcome): void => {
        attempt[how]();
        Object.assign(modeled, { end: clock.time, outcome: how });
      };
      for (const step of steps) {
        if ("pass" in step) {
          clock.time += step.pass;
          // skip the comparison: `getWaitTime` forgets old failures, which would hide an attempt that ends with an outdated count
          continue;
        }
        if ("waitFor" in step) clock.time += throttle.getWaitTime(step.waitFor.address, step.waitFor.name);
        else if ("end" in step) {
          const ended = running[step.end];
          if (ended) finishAttempt(ended, step.outcome);
          running = running.filter((one) => one !== ended);
        } else {
          const { address, name, outcome } = step;
          const network = addresses[address];
          for (let n = 0; n < step.times && model.waitTimeOf(network, name, clock.time) === 0; n++) {
            const modeled = { network, name, known: model.isKnown(network, name), start: clock.time };
            const begun = { attempt: throttle.beginAttempt(address, name), modeled };
            model.attempts.push(modeled);
            if (outcome) finishAttempt(begun, outcome);
            else running.push(begun);
          }
        }
        for (const [address, network] of Object.entries(addresses))
          for (const name of ["ann", "bob"])
            expect(throttle.getWaitTime(address, name), `${name} at ${address}`).toBe(
              model.waitTimeOf(network, name, clock.time),
            );
      }
    }),
    { numRuns: 500 },
  );
});
