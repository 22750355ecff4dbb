import { timingSafeEqual } from "node:crypto";
import { sha256Of } from "./scrypt.js";
import type { Account, Accounts } from "./accounts.js";
import { UNKNOWN_TOKEN_PROBLEM } from "./wording.js";

/**
 * A temporary account for the lifetime of this process, such as that of a simulated board. Pass guests to `startServer`
 * as an option.
 */
export interface Guest {
  readonly name: string;
  /** A long generated password. The server compares it without a slow password hash. */
  readonly password: string;
}

/** Adds guests with the role `admin` to the accounts. Guests do not make `isLoginRequired` true. */
export function withGuests(accounts: Accounts, guests: readonly Guest[]): Accounts {
  if (guests.length === 0) return accounts;
  const known = new Map(
    guests.map(({ name, password }) => {
      const account: Account = { name, role: "admin" };
      return [name, { account, secret: Buffer.from(sha256Of(password)) }];
    }),
  );
  function guestOf(name: string, password: string): Account | undefined {
    const guest = known.get(name);
    return guest && timingSafeEqual(Buffer.from(sha256Of(password)), guest.secret) ? guest.account : undefined;
  }
  return {
    get isLoginRequired() {
      return accounts.isLoginRequired;
    },
    authenticate: async (name, password, from) =>
      guestOf(name, password) ?? accounts.authenticate(name, password, from),
    authenticateGenerated: (name, password) =>
      guestOf(name, password) ?? accounts.authenticateGenerated(name, password),
    authenticateToken: (token) => accounts.authenticateToken(token),
    tokenProblem: (token) => accounts.tokenProblem?.(token) ?? UNKNOWN_TOKEN_PROBLEM,
    fingerprintOf: (account) => accounts.fingerprintOf?.(account),
    findByName: (name) => known.get(name)?.account ?? accounts.findByName(name),
  };
}
