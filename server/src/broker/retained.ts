import { RetainedLog } from "./retained-log.js";

/** What is kept of a retained message. */
export interface RetainedPacket {
  readonly cmd: "publish";
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: true;
}

/** So many messages at once move from the log to the database. */
const SLICE = 200;

const packetOf = (topic: string, payload: Buffer, qos = 1): RetainedPacket => ({
  cmd: "publish",
  topic,
  payload,
  qos,
  retain: true,
});

export interface RetainedOptions {
  /** Where the log is, which need not be there. */
  readonly folder: string;
  /** Stores a message in the database, or removes it when its payload is empty, in the order of the calls. */
  store(packet: RetainedPacket): Promise<void>;
  /** Told when messages cannot be written. */
  failed(error: unknown): void;
}

/**
 * The retained messages, all of them in memory, and on disk: in a database, and those that change often, as lamps' do, in a log
 * before it. A topic that is in the log goes by the log.
 */
export class Retained implements Iterable<RetainedPacket> {
  readonly #options: RetainedOptions;
  readonly #byTopic = new Map<string, RetainedPacket>();
  /** Those that are on their way to the database. */
  readonly #storing = new Map<string, Promise<void>>();
  readonly #log: RetainedLog;
  #due = false;
  #failing = false;

  constructor(options: RetainedOptions) {
    this.#options = options;
    this.#log = new RetainedLog(options.folder, (topics) => this.#settle([...topics]));
  }

  /** Brings back what was stored. @param database what that has */
  async restore(database: AsyncIterable<Pick<RetainedPacket, "topic" | "payload" | "qos">>): Promise<void> {
    for await (const packet of database) this.#remember(packet);
    await this.#log.load((topic, payload) => this.#set(topic, payload, 1));
  }

  get(topic: string): RetainedPacket | undefined {
    return this.#byTopic.get(topic);
  }

  [Symbol.iterator](): Iterator<RetainedPacket> {
    return this.#byTopic.values();
  }

  /** A lamp is told the same again and again: what is stored already is not written again. */
  async store(packet: RetainedPacket): Promise<void> {
    const { topic, payload, qos } = packet;
    const known = this.#byTopic.get(topic);
    if (known && known.qos === qos && known.payload.equals(payload)) return this.#storing.get(topic);
    if (payload.length === 0) this.#byTopic.delete(topic);
    else this.#remember(packet);
    if (this.#log.has(topic)) {
      this.#log.add(topic, payload);
      this.write();
    }
    const storing = this.#options.store(packet);
    this.#storing.set(topic, storing);
    try {
      await storing;
    } catch (error) {
      // so that the next attempt writes again
      this.#byTopic.delete(topic);
      throw error;
    } finally {
      if (this.#storing.get(topic) === storing) this.#storing.delete(topic);
    }
  }

  /** Retains a message, at QoS 1, that changes often: to be written by `write`, or at the end of this turn. */
  change(topic: string, payload: Buffer): void {
    this.#byTopic.set(topic, packetOf(topic, payload));
    this.#log.add(topic, payload);
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => this.write());
  }

  /** The same message with other bookkeeping, which need not be stored; without effect where nothing is retained. */
  renew(topic: string, payload: Buffer): void {
    const known = this.#byTopic.get(topic);
    if (known) this.#byTopic.set(topic, { ...known, payload });
  }

  /** Writes what has changed: whoever is told of it afterwards finds it stored, should this process be killed. */
  write(): void {
    this.#due = false;
    try {
      this.#log.write();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.failed(error);
      this.#failing = true;
    }
  }

  /** Fulfilled when all is stored. */
  async close(): Promise<void> {
    this.write();
    while (this.#storing.size > 0) await Promise.allSettled(this.#storing.values());
    await this.#log.close();
  }

  /** From the log to the database. */
  async #settle(topics: readonly string[]): Promise<void> {
    for (let from = 0; from < topics.length; from += SLICE) {
      const some = topics.slice(from, from + SLICE);
      await Promise.all(
        some.map((topic) => this.#options.store(this.#byTopic.get(topic) ?? packetOf(topic, Buffer.alloc(0)))),
      );
    }
  }

  #set(topic: string, payload: Buffer, qos: number): void {
    if (payload.length === 0) this.#byTopic.delete(topic);
    else this.#byTopic.set(topic, packetOf(topic, payload, qos));
  }

  #remember({ topic, payload, qos }: Pick<RetainedPacket, "topic" | "payload" | "qos">): void {
    // a copy, because a payload from the wire keeps the whole chunk that it came in
    this.#set(topic, Buffer.from(payload), qos);
  }
}
