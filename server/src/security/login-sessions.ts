import { createHash, randomBytes } from "node:crypto";
import { clock } from "../time/monotonic-clock.js";
import type { StorageClock } from "../time/storage-clock.js";
import type { Account, Accounts } from "./accounts.js";
import { EndedSessions } from "./ended-sessions.js";
import { LoginRecord, NO_LOGIN_STORE, type EndReason, type LoginStore, type StoredSession } from "./login-record.js";
import type { LoginSessionView } from "./user-view.js";

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;

/** A login session expires after this time without a request, in ms. */
export const IDLE_TIMEOUT = 12 * HOUR;
/** A login session expires after this time even if it is used, in ms. */
export const MAX_LIFETIME = 7 * 24 * HOUR;
/** Maximum number of login sessions per user. A further login ends the least recently used session. */
export const MAX_SESSIONS_PER_USER = 20;
/** Maximum number of login sessions of all users. A further login ends the least recently used session. */
const MAX_SESSIONS = 10_000;
/** How old the stored time of the last use may become, in ms. After `kill -9`, sessions may expire this much too early. */
const USE_STORE_INTERVAL = 10 * MINUTE;
/**
 * Length in characters of a session's public id, with which the API identifies the session: the beginning of its hash.
 */
const PUBLIC_ID_LENGTH = 16;
/** Maximum length of the stored `User-Agent` of a browser, in characters. */
const MAX_BROWSER_LENGTH = 200;

/** Where a login came from. */
export interface LoginOrigin {
  /** IP address of the client. */
  readonly address: string;
  /** The `User-Agent` header of the client; "" without one. */
  readonly browser: string;
}

const UNKNOWN_ORIGIN: LoginOrigin = { address: "", browser: "" };

interface LoginSession extends LoginOrigin {
  readonly account: Account;
  readonly fingerprint: string | undefined;
  /** Time of the login, in ms by the monotonic clock. */
  readonly startedAt: number;
  /** Time of the latest request, in ms by the monotonic clock. */
  lastUsedAt: number;
  /** The value of `lastUsedAt` that is stored. */
  storedUseAt: number;
}

/** The store and the clock of `LoginSessions`. By default, the sessions are not stored. */
export interface LoginSessionOptions {
  readonly store?: LoginStore;
  readonly clock?: StorageClock;
}

/**
 * Login sessions of HTTP users. They survive a restart of the server, and end when they expire or when their account
 * changes, for example its password. Only hashes of session ids are kept, so that neither a memory dump nor the
 * data folder reveals a usable id.
 */
export class LoginSessions {
  readonly #accounts: Accounts;
  readonly #store: LoginStore;
  readonly #clock: StorageClock;
  readonly #ended: EndedSessions;
  /** Sessions by the hash of their id, least recently used first. */
  readonly #byHash = new Map<string, LoginSession>();

  constructor(accounts: Accounts, options: LoginSessionOptions = {}) {
    this.#accounts = accounts;
    this.#store = options.store ?? NO_LOGIN_STORE;
    this.#clock = options.clock ?? clock;
    this.#ended = new EndedSessions(this.#store, this.#clock, MAX_LIFETIME);
    this.#restore();
  }

  get size(): number {
    return this.#byHash.size;
  }

  /** Starts a session. Returns its id, which has 256 random bits. */
  create(account: Account, { address, browser } = UNKNOWN_ORIGIN): string {
    this.#sweep();
    const ofName = [...this.#byHash].filter(([, session]) => session.account.name === account.name);
    if (ofName.length >= MAX_SESSIONS_PER_USER) this.#end(ofName[0][0], "displaced");
    else if (this.#byHash.size >= MAX_SESSIONS) this.#end(this.#byHash.keys().next().value!, "displaced");
    const id = randomBytes(32).toString("base64url");
    const now = this.#clock.now();
    const times = { startedAt: now, lastUsedAt: now, storedUseAt: now };
    const fingerprint = this.#accounts.fingerprintOf?.(account);
    const session = { account, fingerprint, address, browser: browser.slice(0, MAX_BROWSER_LENGTH), ...times };
    this.#byHash.set(hashOf(id), session);
    this.#put(hashOf(id), session);
    return id;
  }

  /** Returns the account of a session; undefined for an expired or unknown one. Resets the idle time. */
  touch(id: string): Account | undefined {
    const hash = hashOf(id);
    const session = this.#byHash.get(hash);
    if (!session) return undefined;
    const problem = this.#problemOf(session);
    if (problem) {
      this.#end(hash, problem);
      return undefined;
    }
    session.lastUsedAt = this.#clock.now();
    this.#byHash.delete(hash);
    this.#byHash.set(hash, session);
    if (session.lastUsedAt - session.storedUseAt >= USE_STORE_INTERVAL) this.#put(hash, session);
    return session.account;
  }

  /** Ends a session whose user logs out. Returns its account; undefined for an unknown session. */
  logOut(id: string): Account | undefined {
    const account = this.touch(id);
    const hash = hashOf(id);
    if (this.#byHash.delete(hash)) this.#store.delete(hash);
    return account;
  }

  /** Ends the session with a public id for an administrator. Returns the name of its user; undefined for an unknown id. */
  endByPublicId(publicId: string): string | undefined {
    for (const [hash, { account }] of this.#byHash)
      if (publicIdOf(hash) === publicId) {
        this.#end(hash, "administrator");
        return account.name;
      }
    return undefined;
  }

  /** Returns why a session has ended; undefined for a session that has not ended. */
  endReasonOf(id: string): EndReason | undefined {
    const hash = hashOf(id);
    return this.#byHash.has(hash) ? undefined : (this.#ended.reasonOf(hash) ?? "unknown");
  }

  /** Lists the sessions, sorted by user name. The sessions of each user begin with the latest login. */
  listSessions(): LoginSessionView[] {
    this.#sweep();
    return Array.from(this.#byHash, ([hash, session]) => ({
      id: publicIdOf(hash),
      name: session.account.name,
      address: session.address,
      browser: session.browser,
      started: this.#timestamp(session.startedAt),
      last_used: this.#timestamp(session.lastUsedAt),
    })).sort((a, b) => compareCodeUnits(a.name, b.name) || compareCodeUnits(b.started, a.started));
  }

  /** Returns the public id of a session, by which `listSessions` shows it. */
  publicIdOf(id: string): string {
    return publicIdOf(hashOf(id));
  }

  /** Resolves when all changes are stored, or when the data folder cannot be written. */
  whenStored(): Promise<void> {
    return this.#store.whenStored();
  }

  /**
   * Stores the times of all sessions again. Call this before the data folder is closed, and after somebody has set the
   * wall clock, because the stored times are wall-clock times.
   */
  storeTimes(): void {
    for (const [hash, session] of this.#byHash) this.#put(hash, session);
  }

  #restore(): void {
    const now = this.#clock.now();
    const restored: [hash: string, LoginSession][] = [];
    for (const [hash, stored] of this.#store.load()) {
      const { data } = LoginRecord.safeParse(stored);
      if (!data) this.#store.delete(hash);
      else if ("ended" in data) this.#ended.restore(hash, data.ended, data.at);
      else {
        const account = this.#accounts.findByName(data.name);
        const reason = this.#changeSince(data, account);
        // a wall clock that was set back must not extend the session
        const startedAt = Math.min(now, this.#clock.fromWall(data.started));
        const lastUsedAt = Math.min(now, Math.max(startedAt, this.#clock.fromWall(data.used)));
        const { fingerprint, address, browser } = data;
        const times = { startedAt, lastUsedAt, storedUseAt: lastUsedAt };
        if (reason) this.#ended.add(hash, reason);
        else restored.push([hash, { account: account!, fingerprint, address, browser, ...times }]);
      }
    }
    restored.sort(([, a], [, b]) => a.lastUsedAt - b.lastUsedAt);
    for (const [hash, session] of restored) this.#byHash.set(hash, session);
    this.#sweep();
  }

  /** Returns how an account has changed since its session was stored; undefined if the account is unchanged. */
  #changeSince(stored: Omit<StoredSession, "started" | "used">, account: Account | undefined): EndReason | undefined {
    if (!account) return "removed";
    if (account.role !== stored.role || account.device !== stored.device) return "role";
    return this.#accounts.fingerprintOf?.(account) === stored.fingerprint ? undefined : "password";
  }

  /** Returns why a session must end; undefined if it is valid. */
  #problemOf({ account, fingerprint, startedAt, lastUsedAt }: LoginSession): EndReason | undefined {
    const now = this.#clock.now();
    if (now - startedAt >= MAX_LIFETIME) return "lifetime";
    if (now - lastUsedAt >= IDLE_TIMEOUT) return "idle";
    const current = this.#accounts.findByName(account.name);
    if (current === account) return undefined;
    return this.#changeSince({ ...account, fingerprint, ...UNKNOWN_ORIGIN }, current) ?? "password";
  }

  #end(hash: string, reason: EndReason): void {
    this.#byHash.delete(hash);
    this.#ended.add(hash, reason);
  }

  #sweep(): void {
    for (const [hash, session] of this.#byHash) {
      const reason = this.#problemOf(session);
      if (reason) this.#end(hash, reason);
    }
    this.#ended.forgetOld();
  }

  #put(hash: string, session: LoginSession): void {
    const { account, fingerprint, address, browser, startedAt, lastUsedAt } = session;
    session.storedUseAt = lastUsedAt;
    const times = { started: this.#clock.toWall(startedAt), used: this.#clock.toWall(lastUsedAt) };
    this.#store.put(hash, { ...account, fingerprint, address, browser, ...times });
  }

  #timestamp(time: number): string {
    return new Date(this.#clock.toWall(time)).toISOString();
  }
}

function hashOf(id: string): string {
  return createHash("sha256").update(id).digest("base64url");
}

function publicIdOf(hash: string): string {
  return hash.slice(0, PUBLIC_ID_LENGTH);
}

/** Compares by UTF-16 code units, so that the order is the same in every locale. */
function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
