import type { Account, Accounts } from "../security/accounts.js";
import type { SessionDirectory, SessionView } from "./api.js";
import { splitSessionId, sessionIdOf } from "../storage/session-id.js";
import type { Session, SessionRecord } from "../storage/session.js";
import type { SessionStore } from "../storage/session-store.js";
import { clock } from "../time/monotonic-clock.js";

/** Maximum number of client ids of one device account: one for the board and a few for experiments. */
const MAX_CLIENT_IDS_PER_DEVICE = 10;

/**
 * Largest share of all connections that one account of a reader or Home Assistant may use, so that other accounts can
 * still connect.
 */
const MAX_CONNECTION_SHARE = 0.5;

/** Factor by which the queue of a connected client may exceed the limit. Above it, the client is disconnected. */
const CONNECTED_QUEUE_FACTOR = 10;

export interface SessionLimits {
  /** Maximum number of sessions of one account. */
  readonly sessions: number;
  /** Maximum number of sessions of all clients together. */
  readonly connections: number;
  /** Maximum number of messages queued for one disconnected client. */
  readonly queue: number;
  /** The longest session expiry interval, in ms. */
  readonly sessionExpiry: number;
}

export interface SessionHandlers {
  isConnected(id: string): boolean;
  /** Called when the queue of a connected client exceeds its limit. The handler disconnects the client. */
  queueLimitExceeded(id: string, problem: string): void;
  /** Called when the broker has ended a session. The handler disconnects the client of the session. */
  sessionEnded(id: string, reason: string): void;
  /** Called when messages were dropped from the queue of a disconnected client. */
  messagesDropped(id: string, count: number): void;
}

/** A client's request for a session at CONNECT. */
export interface SessionRequest {
  /** Session id, from `sessionIdOf`. */
  readonly id: string;
  /** The client's account; undefined where clients need no account. */
  readonly account: Account | undefined;
  /** Clean Session: whether the session ends with the connection. */
  readonly clean: boolean;
  /** Clean Start: whether to discard an earlier session (MQTT 5.0, 3.1.2.4). */
  readonly cleanStart: boolean;
}

/** The reason that the log gives when a session has expired. */
const EXPIRED_REASON = "it has expired";

/** Stands for unknown permissions: the session has no account, or an older version did not record its permissions. */
const UNKNOWN_PERMISSIONS = "";

/** Returns whether `MAX_CONNECTION_SHARE` applies to an account. */
function isLimitedByShare(account: Account | undefined): account is Account {
  return account?.role === "reader" || account?.role === "home-assistant";
}

function permissionsOf(account: Account | undefined): string {
  return account ? [account.role, account.device].join(" ") : UNKNOWN_PERMISSIONS;
}

/** Creates, limits and expires the sessions of clients. */
export class SessionManager implements SessionDirectory {
  readonly #store: SessionStore;
  readonly #accounts: Accounts;
  readonly #limits: SessionLimits;
  readonly #handlers: SessionHandlers;
  /** For each device account: the number of connections by client id. */
  readonly #deviceIds = new Map<string, Map<string, number>>();
  /** Number of connections of each account that may hold only a share of them. */
  readonly #connectionCounts = new Map<string, number>();

  constructor(store: SessionStore, accounts: Accounts, limits: SessionLimits, handlers: SessionHandlers) {
    this.#store = store;
    this.#accounts = accounts;
    this.#limits = limits;
    this.#handlers = handlers;
  }

  hasSession(id: string): boolean {
    return this.#store.get(id) !== undefined;
  }

  /** The longest session expiry interval, in s. */
  get longestExpiry(): number {
    return Math.ceil(this.#limits.sessionExpiry / 1000);
  }

  /** Loads the stored sessions. Call once, before clients connect. */
  async load(): Promise<void> {
    const record: SessionRecord = {
      permissions: UNKNOWN_PERMISSIONS,
      expiry: this.longestExpiry,
      disconnectedAt: clock.now(),
    };
    await this.#store.load(record);
    // A stored session without a disconnection time belongs to a client that was connected when the broker was killed.
    for (const session of this.#store)
      if (session.record.disconnectedAt === undefined)
        this.#store.changeRecord(session, { ...session.record, disconnectedAt: record.disconnectedAt });
  }

  /**
   * Opens the session of a connecting client: resumes the earlier session or creates a new one.
   * @returns `present`, whether the client resumes a session, or `problem`, why the client may not have one
   */
  open({ id, account, clean, cleanStart }: SessionRequest): { present: boolean } | { problem: string } {
    const known = this.#store.get(id);
    const permissions = permissionsOf(account);
    // After a change of permissions, clear the queue, because the account may no longer read the queued messages.
    const hasChanged = known !== undefined && ![permissions, UNKNOWN_PERMISSIONS].includes(known.record.permissions);
    if (hasChanged) this.#store.clear(known);
    const present = known !== undefined && !cleanStart && !hasChanged;
    if (account?.role === "device") {
      const ids = this.#idsOf(account.name);
      if (!ids.has(id) && ids.size >= MAX_CLIENT_IDS_PER_DEVICE)
        return { problem: `its account uses ${MAX_CLIENT_IDS_PER_DEVICE} client ids already` };
    }
    if (isLimitedByShare(account)) {
      const max = Math.max(1, Math.floor(this.#limits.connections * MAX_CONNECTION_SHARE));
      if ((this.#connectionCounts.get(account.name) ?? 0) >= max && !this.#handlers.isConnected(id))
        return { problem: `its account has ${max} connections already` };
    }
    if (clean) return { present };
    if (!known) {
      const problem = this.#limitProblem(account);
      if (problem) return { problem };
    }
    const record = { permissions, expiry: this.longestExpiry, disconnectedAt: clock.now() };
    this.#store.changeRecord(this.#store.getOrCreate(id, record), record);
    return { present };
  }

  /** Explains why an account may not create another session. @returns "" when the account may create one */
  #limitProblem(account: Account | undefined): string {
    const { sessions, connections } = this.#limits;
    if (this.#store.size >= connections) return `there are ${connections} sessions already`;
    if (!account) return "";
    return this.#store.sessionIdsOf(account.name).size >= sessions
      ? `its account has ${sessions} sessions already`
      : "";
  }

  /** Returns the client ids of a device account that are connected or have a session. */
  #idsOf(account: string): Set<string> {
    return new Set([...this.#store.sessionIdsOf(account), ...(this.#deviceIds.get(account)?.keys() ?? [])]);
  }

  /** Records that a client has connected. */
  recordConnect(id: string, account: Account | undefined): void {
    const session = this.#store.get(id);
    if (session) this.#store.changeRecord(session, { ...session.record, disconnectedAt: undefined });
    if (isLimitedByShare(account))
      this.#connectionCounts.set(account.name, (this.#connectionCounts.get(account.name) ?? 0) + 1);
    if (account?.role !== "device") return;
    let ids = this.#deviceIds.get(account.name);
    if (!ids) this.#deviceIds.set(account.name, (ids = new Map()));
    ids.set(id, (ids.get(id) ?? 0) + 1);
  }

  /** Records that a client has disconnected. @param expiry session expiry interval, in s */
  recordDisconnect(id: string, account: Account | undefined, expiry: number): void {
    const session = this.#store.get(id);
    if (session) {
      const record = { ...session.record, expiry: Math.min(expiry, this.longestExpiry), disconnectedAt: clock.now() };
      this.#store.changeRecord(session, record);
      this.#trim(session);
    }
    const connections = account && this.#connectionCounts.get(account.name);
    if (connections === 1) this.#connectionCounts.delete(account!.name);
    else if (connections) this.#connectionCounts.set(account!.name, connections - 1);
    const ids = account && this.#deviceIds.get(account.name);
    const remainingConnections = (ids?.get(id) ?? 0) - 1;
    if (remainingConnections > 0) ids!.set(id, remainingConnections);
    else ids?.delete(id);
    if (ids?.size === 0) this.#deviceIds.delete(account!.name);
  }

  /** Drops the oldest messages of a queue that exceeds its limit. Call this when a message was added to the queue. */
  limitQueue(session: Session): void {
    const { id, queue } = session;
    if (queue.size <= this.#limits.queue) return;
    if (!this.#handlers.isConnected(id)) this.#trim(session);
    else if (queue.size > CONNECTED_QUEUE_FACTOR * this.#limits.queue)
      this.#handlers.queueLimitExceeded(id, "acknowledges nothing");
  }

  #trim(session: Session): void {
    const { id, queue } = session;
    const surplus = queue.size - this.#limits.queue;
    if (surplus <= 0) return;
    this.#store.messages.dropOldest(session, surplus);
    this.#handlers.messagesDropped(id, surplus);
  }

  /**
   * Stores the disconnection times of all sessions again. Call this after somebody has set the wall clock, because the
   * stored times are wall-clock times.
   */
  storeDisconnectTimes(): void {
    for (const session of this.#store)
      if (session.record.disconnectedAt !== undefined) this.#store.changeRecord(session, session.record);
  }

  /** Ends expired sessions and sessions of removed accounts. */
  sweep(now = clock.now()): void {
    for (const session of [...this.#store]) {
      const { account } = splitSessionId(session.id);
      const removed = this.#accounts.isLoginRequired && account !== null && !this.#accounts.findByName(account);
      if (removed || expiresAt(session) <= now)
        this.#end(session, removed ? "its account was removed" : EXPIRED_REASON);
    }
  }

  /** Ends the session of an MQTT 5.0 client at the end of its expiry interval. */
  endExpired(id: string): void {
    const session = this.#store.get(id);
    if (session) this.#end(session, EXPIRED_REASON);
  }

  list(): SessionView[] {
    return Array.from(this.#store, (session) => {
      const { account, clientId } = splitSessionId(session.id);
      const connected = this.#handlers.isConnected(session.id);
      return {
        client_id: clientId,
        account,
        connected,
        subscriptions: session.subscriptions.size,
        queued: session.queue.size,
        disconnected_at: connected ? null : formatTimestamp(session.record.disconnectedAt),
        expires_at: connected ? null : formatTimestamp(expiresAt(session)),
      };
    });
  }

  async end(account: string | null, clientId: string): Promise<boolean> {
    const session = this.#store.get(sessionIdOf(account ?? undefined, clientId));
    if (!session) return false;
    this.#end(session, "an administrator ended it");
    return true;
  }

  #end(session: Session, reason: string): void {
    const { size } = session.queue;
    this.#store.delete(session);
    // The end of an expired session without queued messages loses nothing, so no warning is necessary.
    if (reason === EXPIRED_REASON && size === 0) return;
    const lost = size === 1 ? "1 queued message was" : `${size} queued messages were`;
    this.#handlers.sessionEnded(session.id, size === 0 ? reason : `${reason}; ${lost} dropped`);
  }
}

/**
 * Formats a time in ISO 8601.
 * @param time by the monotonic clock, in ms
 * @returns null for an infinite or missing time
 */
function formatTimestamp(time = Infinity): string | null {
  return Number.isFinite(time) ? new Date(clock.toWall(time)).toISOString() : null;
}

/** Returns when a session expires, by the monotonic clock in ms; Infinity while its client is connected. */
function expiresAt({ record: { expiry, disconnectedAt } }: Session): number {
  return disconnectedAt === undefined ? Infinity : disconnectedAt + expiry * 1000;
}
