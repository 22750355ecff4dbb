/** What is kept of a retained message. */
export interface RetainedPacket {
  readonly cmd: "publish";
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: true;
}

/**
 * What a lamp is told is stored so late at most, in ms: of a lamp that switches often, only every few states so go to disk. A
 * `kill -9` within that time brings the state before back, until the lamp's next reading is answered.
 */
const SOON = 50;

/** The retained messages, all of them in memory, and on disk. */
export class Retained implements Iterable<RetainedPacket> {
  readonly #byTopic = new Map<string, RetainedPacket>();
  /** Those that are being stored, or are to be soon. */
  readonly #storing = new Map<string, Promise<void>>();
  readonly #store: (packet: RetainedPacket) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #soon: Promise<void> | undefined;

  /**
   * @param store stores a message, or removes it when its payload is empty; what is asked for later takes effect later
   * @param failed told when what was to be stored soon is not
   */
  constructor(store: (packet: RetainedPacket) => Promise<void>, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  get(topic: string): RetainedPacket | undefined {
    return this.#byTopic.get(topic);
  }

  [Symbol.iterator](): Iterator<RetainedPacket> {
    return this.#byTopic.values();
  }

  /** A message that is stored already. */
  restore({ topic, payload, qos }: RetainedPacket): void {
    // a copy, because a payload from the wire keeps the whole chunk that it came in
    this.#byTopic.set(topic, { cmd: "publish", topic, payload: Buffer.from(payload), qos, retain: true });
  }

  /** A lamp is told the same again and again: what is stored already is not written again. */
  async store(packet: RetainedPacket): Promise<void> {
    const { topic, payload, qos } = packet;
    const known = this.#byTopic.get(topic);
    if (known && known.qos === qos && known.payload.equals(payload)) return this.#storing.get(topic);
    // [MQTT-3.3.1-10]
    if (payload.length === 0) this.#byTopic.delete(topic);
    else this.restore(packet);
    await this.#begin(topic, this.#store(packet));
  }

  /** Stores a message soon, or a later one of its topic. Its payload must not change. */
  storeSoon(packet: RetainedPacket): void {
    const { topic } = packet;
    this.#byTopic.set(topic, packet);
    if (!this.#soon) {
      this.#soon = this.#gather();
      this.#soon.catch(this.#failed);
    }
    this.#storing.set(topic, this.#soon);
  }

  renew(topic: string, payload: Buffer): void {
    const known = this.#byTopic.get(topic);
    if (known) this.#byTopic.set(topic, { ...known, payload });
  }

  /** Fulfilled when all is stored. */
  async stored(): Promise<void> {
    while (this.#storing.size > 0) await Promise.allSettled(this.#storing.values());
  }

  async #gather(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SOON));
    const soon = this.#soon;
    this.#soon = undefined;
    const due: Promise<void>[] = [];
    for (const [topic, storing] of this.#storing) {
      const packet = this.#byTopic.get(topic);
      if (storing === soon && packet) due.push(this.#begin(topic, this.#store(packet)));
    }
    await Promise.all(due);
  }

  async #begin(topic: string, storing: Promise<void>): Promise<void> {
    this.#storing.set(topic, storing);
    try {
      await storing;
    } catch (error) {
      // so that the next attempt writes again
      if (this.#storing.get(topic) === storing) this.#byTopic.delete(topic);
      throw error;
    } finally {
      if (this.#storing.get(topic) === storing) this.#storing.delete(topic);
    }
  }
}
