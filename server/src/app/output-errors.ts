import { writeSync } from "node:fs";

/** What a command does when its output cannot be written. */
export interface OutputErrors {
  /** Ignores errors from now on: a server goes on without its log, and counts the lines. */
  ignore(): void;
}

function ignore(): void {}

/** Codes of a pipe that nobody reads any more; Windows has the second one. */
const NOBODY_READS = new Set(["EPIPE", "EOF"]);

/**
 * Ends the program when its standard output cannot be written: quietly when nobody reads it any more, as in `… | head -1`,
 * and otherwise, as when the disk is full, with a sentence on standard error and exit code 1.
 */
export function endOnOutputErrors(): OutputErrors {
  const failed = (error: NodeJS.ErrnoException): never => {
    if (NOBODY_READS.has(error.code ?? "")) process.exit();
    try {
      writeSync(2, `The output cannot be written: ${error.message}.\n`);
    } catch {
      // standard error cannot be written either
    }
    process.exit(1);
  };
  process.stdout.on("error", failed);
  // where else could it be told?
  process.stderr.on("error", ignore);
  return { ignore: () => void process.stdout.off("error", failed).on("error", ignore) };
}

/** Ends the program when all that was written to standard output is out, or has failed, which `endOnOutputErrors` sees first. */
export function endAfterOutput(code: number): void {
  process.exitCode = code;
  process.stdout.write("", () => setImmediate(() => process.exit()));
}
