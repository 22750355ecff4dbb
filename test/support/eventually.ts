import { setTimeout as sleep } from "node:timers/promises";

/** Options for `eventually`. */
export interface EventuallyOptions {
  /** Expected maximum duration on an idle machine, in ms; default 10,000. `eventually` gives up after three times as long. */
  within?: number;
  /** Describes the condition in the error "gave up waiting for …". A function is called when that error is created. */
  what?: string | (() => string | Promise<string>);
  /** Polling interval, in ms; default 5. */
  every?: number;
}

/**
 * Factor by which deadlines exceed `within`, because other programs may slow the machine down. Deadlines only end tests
 * that hang; benchmarks measure speed.
 */
const DEADLINE_FACTOR = 3;

type Truthy<T> = Exclude<T, undefined | null | false | 0 | "">;

/**
 * Polls `condition` until it returns a truthy value, and returns that value. An exception counts as a falsy value.
 * @throws Error after the deadline, with `what` in its message and the condition's last exception as its cause.
 */
export async function eventually<T>(condition: () => T | Promise<T>, wait: EventuallyOptions = {}): Promise<Truthy<T>> {
  const { within = 10_000, what = "the condition", every = 5 } = wait;
  const deadline = performance.now() + DEADLINE_FACTOR * within;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value as Truthy<T>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      const awaited = typeof what === "string" ? what : await what();
      throw new Error(`gave up waiting for ${awaited} after ${DEADLINE_FACTOR * within} ms`, { cause });
    }
    await sleep(every);
  }
}

/**
 * Checks that something took at most `limit` ms.
 * @param since when it began, on the clock of `performance.now()`
 * @throws Error with `what`, the duration and the limit in its message
 */
export function expectDuration(since: number, limit: number, what: string): void {
  const took = Math.round(performance.now() - since);
  if (took > limit) throw new Error(`${what} took ${took} ms instead of at most ${limit} ms`);
}
