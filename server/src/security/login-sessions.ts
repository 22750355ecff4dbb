import { createHash, randomBytes } from "node:crypto";
import { clock } from "../time/monotonic-clock.js";
import type { Account, Accounts } from "./accounts.js";

const HOUR = 60 * 60 * 1000;

/** A login session expires after this time without a request, in ms. */
export const IDLE = 12 * HOUR;
/** A login session expires after this time even if it is used, in ms. */
export const LIFETIME = 7 * 24 * HOUR;
/** Maximum number of login sessions per user. A further login ends the least recently used session. */
export const MAX_PER_NAME = 20;
/** Maximum number of login sessions of all users. A further login ends the least recently used session. */
const MAX_SESSIONS = 10_000;

interface Session {
  readonly account: Account;
  /** Time of the login, in ms by the monotonic clock. */
  readonly startedAt: number;
  /** Time of the latest request, in ms by the monotonic clock. */
  lastUsedAt: number;
}

/**
 * Login sessions of HTTP users, in memory. A session ends when the server restarts, or when its account changes, for example
 * gets another password. Only hashes of session ids are kept, so that a memory dump reveals no usable id.
 */
export class LoginSessions {
  /** Sessions by the hash of their id, least recently used first. */
  readonly #byHash = new Map<string, Session>();

  constructor(
    readonly accounts: Accounts,
    readonly now: () => number = () => clock.now(),
  ) {}

  get size(): number {
    return this.#byHash.size;
  }

  /** Starts a session. Returns its id, which has 256 random bits. */
  create(account: Account): string {
    const ofName: string[] = [];
    for (const [hash, session] of this.#byHash) {
      if (!this.#isValid(session)) this.#byHash.delete(hash);
      else if (session.account.name === account.name) ofName.push(hash);
    }
    if (ofName.length >= MAX_PER_NAME) this.#byHash.delete(ofName[0]);
    else if (this.#byHash.size >= MAX_SESSIONS) this.#byHash.delete(this.#byHash.keys().next().value!);
    const id = randomBytes(32).toString("base64url");
    const now = this.now();
    this.#byHash.set(hashOf(id), { account, startedAt: now, lastUsedAt: now });
    return id;
  }

  /** Returns the account of a session; undefined for an expired or unknown one. Resets the idle time. */
  touch(id: string): Account | undefined {
    const hash = hashOf(id);
    const session = this.#byHash.get(hash);
    if (!session) return undefined;
    this.#byHash.delete(hash);
    if (!this.#isValid(session)) return undefined;
    session.lastUsedAt = this.now();
    this.#byHash.set(hash, session);
    return session.account;
  }

  /** Ends a session. Returns its account. */
  end(id: string): Account | undefined {
    const account = this.touch(id);
    this.#byHash.delete(hashOf(id));
    return account;
  }

  #isValid({ account, startedAt, lastUsedAt }: Session): boolean {
    const now = this.now();
    if (now - lastUsedAt >= IDLE || now - startedAt >= LIFETIME) return false;
    return this.accounts.byName(account.name) === account;
  }
}

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("base64");
}
