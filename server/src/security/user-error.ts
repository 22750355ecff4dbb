import { UsageError } from "../common/errors.js";

/**
 * Why a change of the users is refused: an `invalid` value, an `unknown` user or token, or a `conflict` with other users.
 */
export type UserProblem = "invalid" | "unknown" | "conflict";

/** Error when the users cannot be changed as requested. Nothing has changed. The message says why and what to do. */
export class UserError extends UsageError {
  constructor(
    readonly problem: UserProblem,
    message: string,
  ) {
    super(message);
  }
}
