import { createHash, randomBytes } from "node:crypto";
import { clock } from "../time/monotonic-clock.js";
import type { Account, Accounts } from "./accounts.js";

const HOUR = 60 * 60 * 1000;

/** How long a session lasts, in ms: unused, and at most. */
export const IDLE = 12 * HOUR;
export const LIFETIME = 7 * 24 * HOUR;
/** The most sessions of one name, and of all: beyond them the one that was not used for longest ends. */
export const MAX_PER_NAME = 20;
const MAX_SESSIONS = 10_000;

interface Session {
  readonly account: Account;
  /** By `now`, in ms. */
  readonly begun: number;
  used: number;
}

/**
 * Those who have logged in. A session lives in memory alone: a restart of the server ends it, and so does whatever
 * happens to its account, be it a new password. Of its id only a hash is kept, so that a dump of the memory opens no session.
 */
export class Sessions {
  /** By the hash of the id; the one that was not used for longest is first. */
  readonly #byHash = new Map<string, Session>();

  constructor(
    readonly accounts: Accounts,
    readonly now: () => number = () => clock.now(),
  ) {}

  get size(): number {
    return this.#byHash.size;
  }

  /** Begins a session. Gives its id, 256 random bits, which nobody can choose or guess. */
  begin(account: Account): string {
    const ofName: string[] = [];
    for (const [hash, session] of this.#byHash) {
      if (!this.#lasts(session)) this.#byHash.delete(hash);
      else if (session.account.name === account.name) ofName.push(hash);
    }
    if (ofName.length >= MAX_PER_NAME) this.#byHash.delete(ofName[0]);
    else if (this.#byHash.size >= MAX_SESSIONS) this.#byHash.delete(this.#byHash.keys().next().value!);
    const id = randomBytes(32).toString("base64url");
    const now = this.now();
    this.#byHash.set(hashOf(id), { account, begun: now, used: now });
    return id;
  }

  /** Whose session this is; undefined when it has ended, or never was. Using it keeps it from becoming idle. */
  use(id: string): Account | undefined {
    const hash = hashOf(id);
    const session = this.#byHash.get(hash);
    if (!session) return undefined;
    this.#byHash.delete(hash);
    if (!this.#lasts(session)) return undefined;
    session.used = this.now();
    this.#byHash.set(hash, session);
    return session.account;
  }

  /** Ends a session; gives whose it was. */
  end(id: string): Account | undefined {
    const account = this.use(id);
    this.#byHash.delete(hashOf(id));
    return account;
  }

  #lasts({ account, begun, used }: Session): boolean {
    const now = this.now();
    if (now - used >= IDLE || now - begun >= LIFETIME) return false;
    return this.accounts.byName(account.name) === account;
  }
}

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("base64");
}
