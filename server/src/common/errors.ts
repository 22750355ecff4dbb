/** The flags, the environment or the options are wrong; nothing was started. The message says which, and what is allowed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The server could not be started. The message is one sentence that says what was wrong and what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** A subcommand could not do its work, though it was used correctly. The message says why and what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Something is not stored yet. The message says why and what to do. */
export class NotStoredError extends Error {
  override readonly name = "NotStoredError";
  /** HTTP's status: Insufficient Storage (RFC 4918, 11.5). */
  readonly statusCode = 507;
}

/** The system's or the library's code of an error, such as `ECONNREFUSED`; "" when it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "";
}

/** What an error says, whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) || error.name : String(error);
}
