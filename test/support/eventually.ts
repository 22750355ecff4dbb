import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait, and for what: `what` completes the sentence "gave up waiting for …". */
export interface Wait {
  /** How long it takes at most on a machine that does nothing else, in ms; 10,000 unless told. */
  within?: number;
  /** Names the condition in the error. */
  what?: string;
  /** Time between two looks in ms; 5 unless told. */
  every?: number;
}

/**
 * A deadline is there to end a test that would hang, and not to judge a machine: one that is shared, or runs other tests at
 * the same time, has so many times as long. How fast something is, benchmarks show.
 */
const GRACE = 3;

type Truthy<T> = Exclude<T, undefined | null | false | 0 | "">;

/**
 * Waits until `condition` gives something truthy, and gives that back. A condition that throws counts as not yet met.
 * @throws Error after the deadline, naming `what`; the cause is what the condition last threw, if it threw.
 */
export async function eventually<T>(condition: () => T | Promise<T>, wait: Wait = {}): Promise<Truthy<T>> {
  const { within = 10_000, what = "the condition", every = 5 } = wait;
  const deadline = performance.now() + GRACE * within;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value as Truthy<T>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline)
      throw new Error(`gave up waiting for ${what} after ${GRACE * within} ms`, { cause });
    await sleep(every);
  }
}
