/** Texts of the login page that depend on the login session. */

import { message } from "../messages/message.js";

/** The part of `GET /api/session` that the login page uses. */
export interface LoginState {
  readonly name: string | null;
  readonly required: boolean;
  readonly first_administrator_missing?: boolean;
  /** Why the session of this browser has ended. */
  readonly ended?: string;
  /** The command that manages accounts on the server's computer. */
  readonly command?: string;
}

/**
 * Explains why the user was logged out; returns "" if there is nothing to explain.
 * @param query query string of the URL: the dashboard adds `?ended` or `?logged-out`
 */
export function explainEndedSession({ ended }: LoginState, query: string): string {
  switch (ended) {
    case "idle":
      return message("login.endedIdle");
    case "lifetime":
      return message("login.endedLifetime");
    case "password":
      return message("login.endedPassword");
    case "role":
      return message("login.endedRole");
    case "removed":
      return message("login.endedRemoved");
    case "administrator":
      return message("login.endedAdministrator");
    case "displaced":
      return message("login.endedDisplaced");
    case undefined:
      break;
    default:
      return message("login.endedUnknown");
  }
  if (query === "?logged-out") return message("login.endedHere");
  return query === "?ended" ? message("login.endedElsewhere") : "";
}
