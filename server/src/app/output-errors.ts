import { writeSync } from "node:fs";

/** Selects what the program does when standard output cannot be written. */
export interface OutputErrorHandling {
  /**
   * Ignores later write errors instead of ending. A running server continues without its log and counts the lost lines.
   */
  ignoreErrors(): void;
}

function doNothing(): void {}

/** Error codes for a pipe whose reader has ended. Windows reports EOF, other systems report EPIPE. */
const CLOSED_PIPE_CODES = new Set(["EPIPE", "EOF"]);

/**
 * Ends the program when standard output cannot be written: quietly if the reader has ended, as in `… | head -1`, and
 * with a message on standard error and exit code 1 otherwise, for example if the disk is full.
 */
export function endOnOutputErrors(): OutputErrorHandling {
  const endProgram = (error: NodeJS.ErrnoException): never => {
    if (CLOSED_PIPE_CODES.has(error.code ?? "")) process.exit();
    try {
      writeSync(2, `The output cannot be written: ${error.message}.\n`);
    } catch {
      // Standard error cannot be written either, so end without a message.
    }
    process.exit(1);
  };
  process.stdout.on("error", endProgram);
  // Ignore errors of standard error, because there is no other place to report them.
  process.stderr.on("error", doNothing);
  return { ignoreErrors: () => void process.stdout.off("error", endProgram).on("error", doNothing) };
}

/** Ends the program after standard output is flushed. If flushing fails, `endOnOutputErrors` ends the program first. */
export function endAfterOutput(code: number): void {
  process.exitCode = code;
  process.stdout.write("", () => setImmediate(() => process.exit()));
}
