import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a clean end may take before the program ends anyway, in ms: it takes less than 2,000, and more on a machine that is busy. */
const PATIENCE = 8000;

/** How long a start may go on after a signal, so that what it has opened is closed, in ms. */
const START_PATIENCE = 1000;

/** Ends the program at the first SIGINT or SIGTERM, and at once at the second. */
export interface Signals {
  /** Ends by `close` from now on, with exit code 0 when it went well. */
  endBy(close: () => unknown): void;
  /** Ends as if nothing had caught the signal from now on: for commands that were interrupted before they were done. */
  endInterrupted(): void;
}

/**
 * Catches SIGINT and SIGTERM from now on. The first process of a container has no default action for them, so that they are
 * lost until somebody calls this: before anything else is loaded. Until `endBy`, a signal ends the program with exit code 0.
 */
export function catchSignals(): Signals {
  let ending = false;
  let interrupted = false;
  let close = (): unknown => undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (interrupted) process.exit(128 + constants.signals[signal]);
      if (ending) process.exit(1);
      ending = true;
      setTimeout(() => process.exit(1), PATIENCE).unref();
      Promise.resolve(close()).then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`The program did not end cleanly: ${String(error)}\n`);
          process.exit(1);
        },
      );
    });
  return {
    endBy: (step) => void (close = step),
    endInterrupted: () => void (interrupted = true),
  };
}

/** Ends the program cleanly, by `close`, at the first SIGINT or SIGTERM, and at once at the second. Exit code 0 when it went well. */
export function endOnSignals(close: () => unknown): void {
  catchSignals().endBy(close);
}

/**
 * Closes what may still be starting. A start that takes longer, such as one that waits for a database, is broken off: what
 * it has written is on the disk, and nobody has been told that it is there.
 */
export async function closeStarted(starting: Promise<{ close(): Promise<unknown> }>): Promise<void> {
  // why a start fails is for whoever waits for it to say
  const started = await Promise.race([starting.catch(() => undefined), sleep(START_PATIENCE)]);
  await started?.close();
}
