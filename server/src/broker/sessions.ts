import type { Account, Accounts } from "../security/accounts.js";
import type { SessionDirectory, SessionView } from "./api.js";
import { partsOf, sessionId } from "../storage/session-id.js";
import type { Session, SessionRecord } from "../storage/session.js";
import type { SessionStore } from "../storage/session-store.js";
import { clock } from "../time/monotonic-clock.js";

/** Client ids of one board's account: the board itself, and a few that a person tries things with. */
const DEVICE_IDS = 10;

/** A reader's account may hold this part of all connections, so that it cannot keep others out. */
const READERS_PART = 0.5;

/** How many times the limit may wait for a client that is connected: it may be about to acknowledge them. */
const CONNECTED = 10;

export interface SessionLimits {
  /** Sessions of one account. */
  readonly sessions: number;
  /** Sessions of all clients. */
  readonly connections: number;
  /** Messages that wait for a client that is away. */
  readonly queue: number;
  /** How long a session outlives its connection at most, in ms. */
  readonly sessionExpiry: number;
}

export interface SessionHandlers {
  isConnected(id: string): boolean;
  /** Disconnects a client that makes the broker keep too many messages. */
  overLimit(id: string, problem: string): void;
  /** The broker has ended a session: disconnects its client if it is connected. */
  ended(id: string, reason: string): void;
  /** Messages were dropped from the queue of a client that is away. */
  dropped(id: string, count: number): void;
}

/** Somebody who wants a session. */
export interface Applicant {
  /** See `sessionId`. */
  readonly id: string;
  /** Undefined where clients need no account. */
  readonly account: Account | undefined;
  /** Whether the session ends with the connection. */
  readonly clean: boolean;
  /** Whether an older session is discarded (MQTT 5.0, 3.1.2.4: Clean Start). */
  readonly cleanStart: boolean;
}

const EXPIRED = "it has expired";

/** The permissions of a session that was stored without them, and of all where clients need no account. */
const UNKNOWN = "";

function permissionsOf(account: Account | undefined): string {
  return account ? [account.role, account.device].join(" ") : UNKNOWN;
}

/** Who may have sessions, how many, and for how long. */
export class Sessions implements SessionDirectory {
  readonly #store: SessionStore;
  readonly #accounts: Accounts;
  readonly #limits: SessionLimits;
  readonly #handlers: SessionHandlers;
  /** Client ids of boards' accounts that are connected, by account, with the number of connections. */
  readonly #deviceIds = new Map<string, Map<string, number>>();
  /** How many connections each reader's account has. */
  readonly #readers = new Map<string, number>();

  constructor(store: SessionStore, accounts: Accounts, limits: SessionLimits, handlers: SessionHandlers) {
    this.#store = store;
    this.#accounts = accounts;
    this.#limits = limits;
    this.#handlers = handlers;
  }

  has(id: string): boolean {
    return this.#store.get(id) !== undefined;
  }

  /** The longest that a session outlives its connection, in s. */
  get longestExpiry(): number {
    return Math.ceil(this.#limits.sessionExpiry / 1000);
  }

  /** Reads what is stored. To be called once, before clients connect. */
  async load(): Promise<void> {
    const record: SessionRecord = { permissions: UNKNOWN, expiry: this.longestExpiry, disconnectedAt: clock.now() };
    await this.#store.load(record);
    // they were connected when the broker was killed
    for (const session of this.#store)
      if (session.record.disconnectedAt === undefined)
        this.#store.change(session, { ...session.record, disconnectedAt: record.disconnectedAt });
  }

  /**
   * Lets a client have its session.
   * @returns whether it had one already, or why it may not have one
   */
  admit({ id, account, clean, cleanStart }: Applicant): { present: boolean } | { problem: string } {
    const known = this.#store.get(id);
    const permissions = permissionsOf(account);
    // what waits in it may be for other eyes
    const hasChanged = known !== undefined && ![permissions, UNKNOWN].includes(known.record.permissions);
    if (hasChanged) this.#store.clear(known);
    const present = known !== undefined && !cleanStart && !hasChanged;
    if (account?.role === "device") {
      const ids = this.#idsOf(account.name);
      if (!ids.has(id) && ids.size >= DEVICE_IDS)
        return { problem: `its account uses ${DEVICE_IDS} client ids already` };
    }
    if (account?.role === "reader") {
      const most = Math.max(1, Math.floor(this.#limits.connections * READERS_PART));
      if ((this.#readers.get(account.name) ?? 0) >= most && !this.#handlers.isConnected(id))
        return { problem: `its account has ${most} connections already` };
    }
    if (clean) return { present };
    if (!known) {
      const problem = this.#roomProblem(account);
      if (problem) return { problem };
    }
    const record = { permissions, expiry: this.longestExpiry, disconnectedAt: clock.now() };
    this.#store.change(this.#store.obtain(id, record), record);
    return { present };
  }

  #roomProblem(account: Account | undefined): string {
    const { sessions, connections } = this.#limits;
    if (this.#store.size >= connections) return `there are ${connections} sessions already`;
    if (!account) return "";
    return this.#store.idsOf(account.name).size >= sessions ? `its account has ${sessions} sessions already` : "";
  }

  /** The client ids of a board's account that are connected or have a session. */
  #idsOf(account: string): Set<string> {
    return new Set([...this.#store.idsOf(account), ...(this.#deviceIds.get(account)?.keys() ?? [])]);
  }

  /** A client is connected. */
  connected(id: string, account: Account | undefined): void {
    const session = this.#store.get(id);
    if (session) this.#store.change(session, { ...session.record, disconnectedAt: undefined });
    if (account?.role === "reader") this.#readers.set(account.name, (this.#readers.get(account.name) ?? 0) + 1);
    if (account?.role !== "device") return;
    let ids = this.#deviceIds.get(account.name);
    if (!ids) this.#deviceIds.set(account.name, (ids = new Map()));
    ids.set(id, (ids.get(id) ?? 0) + 1);
  }

  /** A client has gone. @param expiry how long its session is kept, in s */
  disconnected(id: string, account: Account | undefined, expiry: number): void {
    const session = this.#store.get(id);
    if (session) {
      const record = { ...session.record, expiry: Math.min(expiry, this.longestExpiry), disconnectedAt: clock.now() };
      this.#store.change(session, record);
      this.#trim(session);
    }
    const connections = account && this.#readers.get(account.name);
    if (connections === 1) this.#readers.delete(account!.name);
    else if (connections) this.#readers.set(account!.name, connections - 1);
    const ids = account && this.#deviceIds.get(account.name);
    const left = (ids?.get(id) ?? 0) - 1;
    if (left > 0) ids!.set(id, left);
    else ids?.delete(id);
    if (ids?.size === 0) this.#deviceIds.delete(account!.name);
  }

  /** A message was added to a queue: where too many wait, the oldest go. */
  queued(session: Session): void {
    const { id, queue } = session;
    if (queue.size <= this.#limits.queue) return;
    if (!this.#handlers.isConnected(id)) this.#trim(session);
    else if (queue.size > CONNECTED * this.#limits.queue) this.#handlers.overLimit(id, "acknowledges nothing");
  }

  #trim(session: Session): void {
    const { id, queue } = session;
    const surplus = queue.size - this.#limits.queue;
    if (surplus <= 0) return;
    this.#store.messages.dropOldest(session, surplus);
    this.#handlers.dropped(id, surplus);
  }

  /** The wall clock was set: what is stored must be right for the next run. */
  redate(): void {
    for (const session of this.#store)
      if (session.record.disconnectedAt !== undefined) this.#store.change(session, session.record);
  }

  /** Ends sessions that have expired, and those of accounts that were removed. */
  sweep(now = clock.now()): void {
    for (const session of [...this.#store]) {
      const { account } = partsOf(session.id);
      const removed = this.#accounts.required && account !== null && !this.#accounts.byName(account);
      if (removed || expiresAt(session) <= now) this.#end(session, removed ? "its account was removed" : EXPIRED);
    }
  }

  /** A session of MQTT 5.0 has expired. */
  expired(id: string): void {
    const session = this.#store.get(id);
    if (session) this.#end(session, EXPIRED);
  }

  list(): SessionView[] {
    return Array.from(this.#store, (session) => {
      const { account, clientId } = partsOf(session.id);
      const connected = this.#handlers.isConnected(session.id);
      return {
        client_id: clientId,
        account,
        connected,
        subscriptions: session.subscriptions.size,
        queued: session.queue.size,
        disconnected_at: connected ? null : timestamp(session.record.disconnectedAt),
        expires_at: connected ? null : timestamp(expiresAt(session)),
      };
    });
  }

  async end(account: string | null, clientId: string): Promise<boolean> {
    const session = this.#store.get(sessionId(account ?? undefined, clientId));
    if (!session) return false;
    this.#end(session, "an administrator ended it");
    return true;
  }

  #end(session: Session, reason: string): void {
    const { size } = session.queue;
    this.#store.delete(session);
    // that is ordinary, unless it takes messages with it
    if (reason === EXPIRED && size === 0) return;
    const lost = size === 1 ? "a message that waited in it is" : `${size} messages that waited in it are`;
    this.#handlers.ended(session.id, size === 0 ? reason : `${reason}; ${lost} dropped`);
  }
}

/** In ISO 8601, by the wall clock; null where there is none. @param time by the monotonic clock */
function timestamp(time = Infinity): string | null {
  return Number.isFinite(time) ? new Date(clock.toWall(time)).toISOString() : null;
}

function expiresAt({ record: { expiry, disconnectedAt } }: Session): number {
  return disconnectedAt === undefined ? Infinity : disconnectedAt + expiry * 1000;
}
