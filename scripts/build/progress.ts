/** Reports the progress of a build on standard error, because standard output belongs to the program that builds. */

/** Time between two lines about a step that still runs, in ms. */
const REPORT_INTERVAL = 10_000;

/**
 * Runs a step of a build. Reports when it starts, every 10 s that it still runs, and at the end how long it took.
 * @param what completes "Building …" in the report
 * @param expected how long the step usually takes, such as "a few seconds"
 */
export async function withProgress<T>(what: string, expected: string, step: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const formatElapsed = (): string => `${Math.max(1, Math.round((performance.now() - begin) / 1000))} s`;
  console.error(`Building ${what}; this takes ${expected} …`);
  const timer = setInterval(() => console.error(`Still building ${what} after ${formatElapsed()} …`), REPORT_INTERVAL);
  try {
    const result = await step();
    console.error(`Built ${what} in ${formatElapsed()}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
