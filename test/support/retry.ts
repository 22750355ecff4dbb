/** Repeats tests that ran out of time, and lists them at the end of the run. */
import type { Reporter, TestModule } from "vitest/node";

/**
 * Messages of Vitest, Playwright, `eventually` and `expectDuration` when something took too long. A busy machine can be
 * the cause. Wrong results have other messages, so that they always fail.
 */
const RAN_OUT_OF_TIME =
  /^Test timed out in|Timeout \d+ms exceeded|^gave up waiting for|took \d+ ms instead of at most \d+ ms$/;

/** In complete runs, a test that ran out of time gets one more attempt, so that it does not waste the whole run. */
export const RETRY = { count: process.env.NIGHTLIGHT_TEST_ALL ? 1 : 0, condition: RAN_OUT_OF_TIME };

/** Lists the tests that passed only in their second attempt, because each may show a fault that happens rarely. */
export class RetryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const { children, relativeModuleId } of modules)
      for (const test of children.allTests("passed")) {
        if (!test.diagnostic()?.flaky) continue;
        const reasons = (test.result().errors ?? []).map(
          ({ message, stacks = [] }) => `${message} (line ${stacks[0]?.line ?? "unknown"})`,
        );
        const name = `${relativeModuleId} > ${test.fullName}`;
        console.warn([`${name} ran out of time, and passed in its second attempt:`, ...reasons].join("\n"));
      }
  }
}
