/** How long a clean end may take before the program ends anyway, in ms: it takes less than 2,000, and more on a machine that is busy. */
const PATIENCE = 8000;

/** Ends the program cleanly, by `close`, at the first SIGINT or SIGTERM, and at once at the second. Exit code 0 when it went well. */
export function endOnSignals(close: () => Promise<unknown>): void {
  let ending = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (ending) process.exit(1);
      ending = true;
      setTimeout(() => process.exit(1), PATIENCE).unref();
      close().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`The program did not end cleanly: ${String(error)}\n`);
          process.exit(1);
        },
      );
    });
}
