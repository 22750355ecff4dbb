/** Stands in for the embedded broker's sessions. */
import type { SessionDirectory, SessionView } from "../../../server/src/broker/api.js";

/** A session of a client that is connected, except for `change`. */
export function sessionView(clientId: string, change: Partial<SessionView> = {}): SessionView {
  return {
    client_id: clientId,
    account: null,
    connected: true,
    subscriptions: 1,
    queued: 0,
    disconnected_at: null,
    expires_at: null,
    ...change,
  };
}

/** The change to the session of a client that disconnected 1 h ago, and has 6 d left. */
export function away(now = Date.now()): Partial<SessionView> {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return { connected: false, disconnected_at: iso(now - 3_600_000), expires_at: iso(now + 6 * 24 * 3_600_000) };
}

export class FakeSessions implements SessionDirectory {
  #sessions: SessionView[];

  constructor(...sessions: SessionView[]) {
    this.#sessions = sessions;
  }

  list(): SessionView[] {
    return [...this.#sessions];
  }

  async end(account: string | null, clientId: string): Promise<boolean> {
    const left = this.#sessions.filter((session) => session.account !== account || session.client_id !== clientId);
    const ended = left.length < this.#sessions.length;
    this.#sessions = left;
    return ended;
  }
}
