/** A message to a session that was not acknowledged. */
export interface Flight {
  readonly packetId: number;
  /** The broker's, by which messages are ordered. */
  readonly number: number;
  readonly topic: string;
  readonly payload: Buffer;
}

interface Session<Owner> {
  /** Whose connection it has; undefined while it has none. */
  owner: Owner | undefined;
  readonly flights: Flight[];
}

/**
 * What sessions were sent past aedes, and have not acknowledged: in memory, because a lamp acknowledges at once. It outlives
 * the connection, and is stored when the broker ends. With `kill -9` it is lost: the retained message says the same.
 */
export class Flights<Owner> {
  readonly #sessions = new Map<string, Session<Owner>>();

  /** A session has this connection now. Gives what is to be sent again, to which is to be added what is sent. */
  enter(clientId: string, owner: Owner): Flight[] {
    let session = this.#sessions.get(clientId);
    if (!session) this.#sessions.set(clientId, (session = { owner, flights: [] }));
    session.owner = owner;
    return session.flights;
  }

  /** The connection is gone. Without effect when another has taken over. */
  leave(clientId: string, owner: Owner): void {
    const session = this.#sessions.get(clientId);
    if (session?.owner !== owner) return;
    session.owner = undefined;
    if (session.flights.length === 0) this.#sessions.delete(clientId);
  }

  /** The session has ended. */
  end(clientId: string): void {
    this.#sessions.delete(clientId);
  }

  /** All that is not acknowledged. */
  *[Symbol.iterator](): Generator<[clientId: string, flight: Flight]> {
    for (const [clientId, { flights }] of this.#sessions) for (const flight of flights) yield [clientId, flight];
  }
}
