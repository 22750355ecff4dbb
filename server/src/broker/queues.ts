import type { ordered } from "./ordered.js";

type Store = ReturnType<typeof ordered>;

/** How many times the limit may wait for a client that is connected: it may be about to acknowledge them. */
const CONNECTED = 10;

/** What happens at a limit. */
export interface QueueWatch {
  /** Whether a client with this id is connected. */
  connected(clientId: string): boolean;
  /** A client that is connected acknowledges nothing. */
  stuck(clientId: string): void;
  /** So many of the oldest messages for a client that is away were given up. */
  dropped(clientId: string, count: number): void;
}

/**
 * Bounds what waits for each client: where more than the limit waits for one that is away, the oldest go. Its keys are
 * those of aedes-persistence-level, which sort in the order of publishing.
 */
export class Queues {
  readonly #store: Store;
  readonly #limit: number;
  readonly #watch: QueueWatch;
  readonly #waiting = new Map<string, number>();
  readonly #trimming = new Set<string>();

  constructor(store: Store, limit: number, watch: QueueWatch) {
    this.#store = store;
    this.#limit = limit;
    this.#watch = watch;
  }

  /** Counts what is stored. */
  async load(): Promise<void> {
    for (const key of await this.#store.keys({ gte: "outgoing:", lt: "outgoing;" })) {
      const clientId = decodeURIComponent(key.split(":", 2)[1]);
      this.#waiting.set(clientId, (this.#waiting.get(clientId) ?? 0) + 1);
    }
  }

  /** How many messages wait, for all clients. */
  get length(): number {
    let length = 0;
    for (const waiting of this.#waiting.values()) length += waiting;
    return length;
  }

  /** Whether messages wait for a client, or were not acknowledged by it. */
  has(clientId: string): boolean {
    return this.#waiting.has(clientId);
  }

  /** A message is being put into the queue. */
  added(clientId: string): void {
    const waiting = (this.#waiting.get(clientId) ?? 0) + 1;
    this.#waiting.set(clientId, waiting);
    if (waiting <= this.#limit) return;
    if (!this.#watch.connected(clientId)) void this.#trim(clientId);
    else if (waiting > CONNECTED * this.#limit) this.#watch.stuck(clientId);
  }

  /** A message was taken out of the queue. */
  removed(clientId: string): void {
    const waiting = (this.#waiting.get(clientId) ?? 0) - 1;
    if (waiting > 0) this.#waiting.set(clientId, waiting);
    else this.#waiting.delete(clientId);
  }

  /** Empties a queue: the session has ended [MQTT-3.1.2-6]. */
  async clear(clientId: string): Promise<void> {
    if (!this.#waiting.delete(clientId)) return;
    await this.#store.clear(rangeOf("outgoing", clientId));
    await this.#store.clear(rangeOf("outgoing-id", clientId));
  }

  async #trim(clientId: string): Promise<void> {
    if (this.#trimming.has(clientId)) return;
    this.#trimming.add(clientId);
    try {
      // a few more than needed, so that this is seldom done
      const surplus = (this.#waiting.get(clientId) ?? 0) - this.#limit + (this.#limit >> 4);
      const keys = await this.#store.keys({ ...rangeOf("outgoing", clientId), limit: surplus });
      // it may be here again, and be getting just these
      if (this.#watch.connected(clientId)) return;
      await this.#store.batch(keys.map((key) => ({ type: "del", key })));
      for (let n = 0; n < keys.length; n++) this.removed(clientId);
      this.#watch.dropped(clientId, keys.length);
    } finally {
      this.#trimming.delete(clientId);
    }
  }
}

function rangeOf(what: "outgoing" | "outgoing-id", clientId: string): { gte: string; lt: string } {
  const prefix = `${what}:${encodeURIComponent(clientId)}`;
  return { gte: `${prefix}:`, lt: `${prefix};` };
}
