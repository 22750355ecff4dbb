import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * How long a clean shutdown may take before the program exits anyway, in ms. A shutdown normally takes less than 2,000
 * ms.
 */
const CLOSE_TIMEOUT = 8000;

/** How long the server may continue to start after a signal, in ms. A server that has started can shut down cleanly. */
const START_TIMEOUT = 1000;

/** Shuts the program down cleanly at the first SIGINT or SIGTERM, and exits immediately at the second. */
export interface TerminationSignals {
  /** Sets the function that shuts the program down. The exit code is 0 if the function succeeds. */
  setCloseHandler(close: () => unknown): void;
  /** Lets a signal end the program immediately with the usual exit code. Commands that may be interrupted use this. */
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

/**
 * Calls `close` at the first SIGINT or SIGTERM and then exits, with code 0 if `close` succeeds. Exits immediately at
 * the second signal.
 */
export function closeOnTermination(close: () => unknown): void {
  handleTerminationSignals().setCloseHandler(close);
}

/**
 * Closes a server that may still be starting. Waits up to 1 s for the start. After that the caller may end the process,
 * because the server has not acknowledged anything yet.
 */
export async function closeStarted(starting: Promise<{ close(): Promise<unknown> }>): Promise<void> {
  // Ignore a failed start here, because the caller that started the server reports the failure.
  const started = await Promise.race([starting.catch(() => undefined), sleep(START_TIMEOUT)]);
  await started?.close();
}
