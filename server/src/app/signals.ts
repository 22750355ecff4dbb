import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a clean end may take before the program ends anyway, in ms. It normally takes less than 2,000. */
const CLOSE_TIMEOUT = 8000;

/** How long a start may continue after a signal so that it can be closed cleanly, in ms. */
const START_TIMEOUT = 1000;

/** Ends the program cleanly at the first SIGINT or SIGTERM, and immediately at the second. */
export interface TerminationSignals {
  /** Sets what a clean end does. The exit code is 0 if it succeeds. */
  setCloseHandler(close: () => unknown): void;
  /** Lets a signal end the program with its usual exit code, for commands that are interrupted before they finish. */
  exitWithSignalCode(): void;
}

/**
 * Handles SIGINT and SIGTERM. The first process of a container has no default action for them, so call this before loading
 * anything else. Until `setCloseHandler` is called, a signal ends the program with exit code 0.
 */
export function handleTerminationSignals(): TerminationSignals {
  let ending = false;
  let interrupted = false;
  let close = (): unknown => undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (interrupted) process.exit(128 + constants.signals[signal]);
      if (ending) process.exit(1);
      ending = true;
      setTimeout(() => process.exit(1), CLOSE_TIMEOUT).unref();
      Promise.resolve(close()).then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`The program did not end cleanly: ${String(error)}\n`);
          process.exit(1);
        },
      );
    });
  return {
    setCloseHandler: (step) => void (close = step),
    exitWithSignalCode: () => void (interrupted = true),
  };
}

/** Ends the program with `close` at the first SIGINT or SIGTERM, and immediately at the second. Exit code 0 if it succeeds. */
export function closeOnTermination(close: () => unknown): void {
  handleTerminationSignals().setCloseHandler(close);
}

/**
 * Closes a server that may still be starting. If the start takes longer, for example because it waits for a database, the
 * caller may end the process: the server has not acknowledged anything yet.
 */
export async function closeStarted(starting: Promise<{ close(): Promise<unknown> }>): Promise<void> {
  // Whoever waits for the start reports why it fails.
  const started = await Promise.race([starting.catch(() => undefined), sleep(START_TIMEOUT)]);
  await started?.close();
}
