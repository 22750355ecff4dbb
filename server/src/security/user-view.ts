/** Users, tokens and login sessions as the API returns them. */

import type { Role } from "./accounts.js";

/** A bearer token in the API, without the token itself. */
export interface TokenView {
  readonly id: string;
  /** When the token was made, in ISO 8601. */
  readonly made: string;
  /** When the token expires, in ISO 8601; null for never. */
  readonly expires: string | null;
  readonly expired: boolean;
  /** When the token was last used, to the minute, in ISO 8601; null for never. */
  readonly last_used: string | null;
}

/** A user in the API. */
export interface UserView {
  readonly name: string;
  readonly role: Role;
  /** The device id of a board; null for other users. */
  readonly device: string | null;
  readonly tokens: readonly TokenView[];
}

/** A login session in the API. */
export interface LoginSessionView {
  readonly id: string;
  readonly name: string;
  /** The IP address of the browser at the login. */
  readonly address: string;
  /** The `User-Agent` header of the browser at the login. */
  readonly browser: string;
  /** When the user logged in, in ISO 8601. */
  readonly started: string;
  /** When the session was last used, in ISO 8601. */
  readonly last_used: string;
}

/** An entry of the API's list of login sessions. */
export interface ListedLoginSession extends LoginSessionView {
  /** Whether the request that lists the sessions belongs to this session. */
  readonly current: boolean;
}
