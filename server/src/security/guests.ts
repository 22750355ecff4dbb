import { timingSafeEqual } from "node:crypto";
import { digest } from "./scrypt.js";
import type { Account, Accounts } from "./accounts.js";

/** Somebody who is let in as long as this process lives, by whoever started it: a simulated board, say. */
export interface Guest {
  readonly name: string;
  /** Generated, and long: it is not hashed as a person's is. */
  readonly password: string;
}

/** The accounts, and guests who may do everything at the broker. That they are there is no reason to ask others for accounts. */
export function withGuests(accounts: Accounts, guests: readonly Guest[]): Accounts {
  if (guests.length === 0) return accounts;
  const known = new Map(
    guests.map(({ name, password }) => {
      const account: Account = { name, role: "admin" };
      return [name, { account, secret: Buffer.from(digest(password)) }];
    }),
  );
  return {
    get required() {
      return accounts.required;
    },
    async check(name, password, from) {
      const guest = known.get(name);
      if (guest && timingSafeEqual(Buffer.from(digest(password)), guest.secret)) return guest.account;
      return accounts.check(name, password, from);
    },
    byToken: (token) => accounts.byToken(token),
    byName: (name) => known.get(name)?.account ?? accounts.byName(name),
  };
}
