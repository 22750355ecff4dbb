import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * How long a clean shutdown may take before the program exits anyway, in ms. A shutdown normally takes less than 2,000
 * ms.
 */
const SHUTDOWN_TIMEOUT = 8000;

/** How long a starting server may take to finish its start after a signal, in ms. Then the process ends anyway. */
const START_TIMEOUT = 1000;

/** Selects what the program does at SIGINT and SIGTERM. */
export interface TerminationSignals {
  /** Sets the function that shuts the program down. The exit code is 0 if the function succeeds. */
  setCloseHandler(close: () => unknown): void;
  /** Makes every later signal end the program at once, with the exit code 128 + signal number. */
  exitWithSignalCode(): void;
}

/**
 * Handles SIGINT and SIGTERM. The first process of a container has no default action for them, so call this before
 * loading anything else. Until `setCloseHandler` is called, a signal ends the program with exit code 0.
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
      setTimeout(() => {
        process.stderr.write(`The program did not end cleanly within ${SHUTDOWN_TIMEOUT / 1000} s, so it ends now.\n`);
        process.exit(1);
      }, SHUTDOWN_TIMEOUT).unref();
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

/**
 * Calls `close` at the first SIGINT or SIGTERM and then exits, with code 0 if `close` succeeds. Exits immediately at
 * the second signal.
 */
export function closeOnTermination(close: () => unknown): void {
  handleTerminationSignals().setCloseHandler(close);
}

/**
 * Closes a server that may still be starting. Waits at most 1 s for the start, and then returns without closing. The
 * caller may then end the process, because the server has not acknowledged any message.
 */
export async function closeStarted(starting: Promise<{ close(): Promise<unknown> }>): Promise<void> {
  // Ignore a failed start: the caller that started the server reports the failure.
  const started = await Promise.race([starting.catch(() => undefined), sleep(START_TIMEOUT)]);
  await started?.close();
}
