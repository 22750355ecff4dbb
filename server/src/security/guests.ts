import { timingSafeEqual } from "node:crypto";
import { digest } from "./scrypt.js";
import { UNKNOWN_TOKEN, type Account, type Accounts } from "./accounts.js";

/** A temporary account for the lifetime of this process, such as that of a simulated board. Option of `startServer`. */
export interface Guest {
  readonly name: string;
  /** A long generated password. The server compares it without a slow password hash. */
  readonly password: string;
}

/** Adds guests with the role `admin` to the accounts. Guests do not make `required` true: other clients need no account. */
export function withGuests(accounts: Accounts, guests: readonly Guest[]): Accounts {
  if (guests.length === 0) return accounts;
  const known = new Map(
    guests.map(({ name, password }) => {
      const account: Account = { name, role: "admin" };
      return [name, { account, secret: Buffer.from(digest(password)) }];
    }),
  );
  function guestOf(name: string, password: string): Account | undefined {
    const guest = known.get(name);
    return guest && timingSafeEqual(Buffer.from(digest(password)), guest.secret) ? guest.account : undefined;
  }
  return {
    get required() {
      return accounts.required;
    },
    check: async (name, password, from) => guestOf(name, password) ?? accounts.check(name, password, from),
    byGeneratedPassword: (name, password) => guestOf(name, password) ?? accounts.byGeneratedPassword(name, password),
    byToken: (token) => accounts.byToken(token),
    tokenProblem: (token) => accounts.tokenProblem?.(token) ?? UNKNOWN_TOKEN,
    fingerprint: (account) => accounts.fingerprint?.(account),
    byName: (name) => known.get(name)?.account ?? accounts.byName(name),
  };
}
