/**
 * All roles of users. `admin` has all permissions. `reader` can read everything and change nothing. `home-assistant` can
 * receive every MQTT message, switch lamps and install the newest program on boards. `device` is a board, which can only
 * use its own MQTT topics. `home-assistant` and `device` may not use HTTP.
 */
export const ROLES = ["admin", "reader", "home-assistant", "device"] as const;

/** The role of a user. */
export type Role = (typeof ROLES)[number];

/** Explains why an account may not use HTTP; "" when it may. */
export function httpProblem({ name, role }: Account): string {
  if (role === "device")
    return `"${name}" is the account of a board, which has no rights over HTTP; use another account.`;
  if (role === "home-assistant")
    return `"${name}" is the account of Home Assistant, which has no rights over HTTP; use another account.`;
  return "";
}

/** An authenticated user. The object is replaced when the role, device or password changes. */
export interface Account {
  /** The user name. */
  readonly name: string;
  readonly role: Role;
  /** The device id of a board; only for the role `device`. */
  readonly device?: string;
}

/**
 * The accounts that may log in. Without accounts, the server listens only on loopback and accepts everybody there.
 */
export interface Accounts {
  /** Whether everybody must log in, at the broker and over HTTP, including loopback. True once an account exists. */
  readonly isLoginRequired: boolean;
  /**
   * Authenticates a user by name and password. Resolves with undefined when either is wrong. The check deliberately
   * takes tenths of a second, unless the password was generated or the same name and password were right before.
   * @param from identifies the client, for example by its address. Clients take turns, so that none can block the
   * others.
   * @throws BusyError when too many checks are waiting
   */
  authenticate(name: string, password: string, from?: string): Promise<Account | undefined>;
  /**
   * Authenticates a user by name and generated password (128 random bits). Returns undefined when either is wrong. This
   * check is fast and not throttled, so it never accepts a password that a person chose.
   */
  authenticateGenerated(name: string, password: string): Account | undefined;
  /**
   * Authenticates a bearer token from `nightlight-server user token`. Returns undefined when the token is unknown or
   * expired, otherwise updates the time of the token's last use.
   */
  authenticateToken(token: string): Account | undefined;
  /** Explains in a sentence why `authenticateToken` rejects a token. By default, the explanation is that the token is unknown. */
  tokenProblem?(token: string): string;
  /** Finds the account with a name, for example from a verified client certificate. */
  findByName(name: string): Account | undefined;
  /**
   * Returns a hash that changes with the password of an account. Login sessions store the hash, so that a session ends if
   * the password is changed while the server is stopped. Returns undefined for accounts that exist only while the server
   * runs.
   */
  fingerprintOf?(account: Account): string | undefined;
}

/** Error when too many password checks are waiting. The client should try again in a few seconds. */
export class BusyError extends Error {
  override readonly name = "BusyError";
  /** HTTP status of the response: 503 Service Unavailable. */
  readonly statusCode = 503;

  constructor() {
    super("Too many logins at once; try again in a few seconds.");
  }
}

/** The accounts of a server without users, where nobody has to log in. */
export const NO_ACCOUNTS: Accounts = {
  isLoginRequired: false,
  authenticate: async () => undefined,
  authenticateGenerated: () => undefined,
  authenticateToken: () => undefined,
  findByName: () => undefined,
};
