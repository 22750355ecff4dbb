import type { FirstAdministratorSetup } from "../security/first-administrator.js";
import type { UserDirectory } from "../security/user-directory.js";
import { UserError, type UserProblem } from "../security/user-error.js";
import { StartError } from "../common/errors.js";
import { HttpError } from "./errors.js";

/** The users that people can manage over HTTP. */
export interface People {
  readonly directory: UserDirectory;
  readonly firstAdministrator: FirstAdministratorSetup;
}

const PROBLEM_STATUS: Readonly<Record<UserProblem, number>> = { invalid: 400, unknown: 404, conflict: 409 };

/** Runs an operation on the users, and converts its errors to responses. @throws HttpError */
export async function withUserErrors<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof UserError) throw new HttpError(PROBLEM_STATUS[error.problem], error.message);
    // The users file is locked by a command, or cannot be read or written.
    if (error instanceof StartError) throw new HttpError(503, error.message);
    throw error;
  }
}
