/** A fake of the embedded broker's session directory. */
import type { SessionDirectory, SessionView } from "../../../server/src/broker/api.js";

/** Creates the session of a connected client, with the fields of `change` replaced. */
export function createSessionView(clientId: string, change: Partial<SessionView> = {}): SessionView {
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

/** Returns session fields of a client that disconnected 1 h ago. The session expires in 6 days. */
export function createDisconnectedFields(now = Date.now()): Partial<SessionView> {
  const toIso = (ms: number): string => new Date(ms).toISOString();
  return { connected: false, disconnected_at: toIso(now - 3_600_000), expires_at: toIso(now + 6 * 24 * 3_600_000) };
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
