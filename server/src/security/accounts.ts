/**
 * `admin`: everything. `reader`: may look at everything and change nothing. `device`: a board, which may only use its
 * own topics at the broker, and nothing over HTTP.
 */
export type Role = "admin" | "reader" | "device";

/** Somebody who is let in. The object stays the same one until role, device or password change. */
export interface Account {
  /** The user name. */
  readonly name: string;
  readonly role: Role;
  /** For `device`: the id of the device that it is. */
  readonly device?: string;
}

/** Those who are let in. Where there are none, loopback is open to everybody, and nothing wider is listened on. */
export interface Accounts {
  /** Whether there is an account, so that everybody must show one: at the broker and over HTTP, on loopback as well. */
  readonly required: boolean;
  /**
   * The account of a name and password; undefined when there is no such. Takes tenths of a second, on purpose, but for
   * a pair that was right before, and for generated passwords.
   * @param from who asks, such as an address: those who ask at once take turns
   * @throws BusyError when too many wait already
   */
  check(name: string, password: string, from?: string): Promise<Account | undefined>;
  /**
   * The account of a name and its generated password, of 128 random bits; undefined when there is no such. Fast. Never
   * accepts a password that a person chose: this check is not throttled.
   */
  byGeneratedPassword(name: string, password: string): Account | undefined;
  /**
   * The account of a bearer token, as `nightlight-server user token` prints; undefined when there is no such, or it has
   * expired. This counts as a use of the token.
   */
  byToken(token: string): Account | undefined;
  /** Why `byToken` does not accept a token, as a sentence; by default that nobody has it. */
  tokenProblem?(token: string): string;
  /** The account of a name that a verified client certificate carries; undefined when there is no such. */
  byName(name: string): Account | undefined;
}

/** Too many passwords wait to be checked; try again in a few seconds. `statusCode` is for HTTP. */
export class BusyError extends Error {
  override readonly name = "BusyError";
  readonly statusCode = 503;

  constructor() {
    super("Too many logins at once; try again in a few seconds.");
  }
}

/** Why a token that nobody has is refused. It may be anybody's guess, so that it says no more. */
export const UNKNOWN_TOKEN =
  "This token is not valid here: it was revoked, or is another server's. Make one with nightlight-server user token NAME.";

/** Nobody has an account. */
export const NO_ACCOUNTS: Accounts = {
  required: false,
  check: async () => undefined,
  byGeneratedPassword: () => undefined,
  byToken: () => undefined,
  byName: () => undefined,
};
