/**
 * Thrown for an invalid flag, environment variable or option, before anything starts. The message names the value and
 * the valid values.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Thrown when the server cannot start. The message is one sentence with the reason and the correction. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** Error when a subcommand with valid arguments fails. The message says why and what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Error when data cannot be stored, for example because the disk is full. The message says why and what to do. */
export class NotStoredError extends Error {
  override readonly name = "NotStoredError";
  /** HTTP status 507, Insufficient Storage (RFC 4918, section 11.5). */
  readonly statusCode = 507;
}

/** Returns the code of a system or library error, such as `ECONNREFUSED`; "" for an error without a code. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "";
}

/** Returns the message of an error, or a text for any other thrown value. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) || error.name : String(error);
}
