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

/**
 * What is in memory of a message, of which there are several for each of 100,000 devices: at QoS 1, which nearly all have, the
 * payload's bytes as Latin-1, and nothing else.
 */
type Kept = string | { readonly payload: string; readonly qos: number };

const keptOf = (payload: string, qos: number): Kept => (qos === 1 ? payload : { payload, qos });

function packetOf(topic: string, kept: Kept): RetainedPacket {
  const { payload, qos } = typeof kept === "string" ? { payload: kept, qos: 1 } : kept;
  return { cmd: "publish", topic, payload: Buffer.from(payload, "latin1"), qos, retain: true };
}

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
export class Retained {
  readonly #options: RetainedOptions;
  readonly #byTopic = new Map<string, Kept>();
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
    for await (const { topic, payload, qos } of database) this.#set(topic, payload.toString("latin1"), qos);
    await this.#log.load((topic, payload) => this.#set(topic, payload, 1));
  }

  get(topic: string): RetainedPacket | undefined {
    const kept = this.#byTopic.get(topic);
    return kept === undefined ? undefined : packetOf(topic, kept);
  }

  /** All topics of which a message is retained. */
  topics(): IterableIterator<string> {
    return this.#byTopic.keys();
  }

  /** A lamp is told the same again and again: what is stored already is not written again. */
  async store(packet: RetainedPacket): Promise<void> {
    const { topic, qos } = packet;
    const payload = packet.payload.toString("latin1");
    const known = this.#byTopic.get(topic);
    if (known !== undefined && isSame(known, payload, qos)) return this.#storing.get(topic);
    this.#set(topic, payload, qos);
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
  change(topic: string, bytes: Buffer): void {
    const payload = bytes.toString("latin1");
    this.#byTopic.set(topic, payload);
    this.#log.add(topic, payload);
    if (this.#due) return;
    this.#due = true;
    setImmediate(() => this.write());
  }

  /** The same message with other bookkeeping, which need not be stored; without effect where nothing is retained. */
  renew(topic: string, payload: Buffer): void {
    const known = this.#byTopic.get(topic);
    if (known !== undefined)
      this.#byTopic.set(topic, keptOf(payload.toString("latin1"), typeof known === "string" ? 1 : known.qos));
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
      await Promise.all(some.map((topic) => this.#options.store(packetOf(topic, this.#byTopic.get(topic) ?? ""))));
    }
  }

  /** A message without a payload is none [MQTT-3.3.1-10]. */
  #set(topic: string, payload: string, qos: number): void {
    if (payload === "") this.#byTopic.delete(topic);
    else this.#byTopic.set(topic, keptOf(payload, qos));
  }
}

const isSame = (kept: Kept, payload: string, qos: number): boolean =>
  typeof kept === "string" ? qos === 1 && kept === payload : kept.qos === qos && kept.payload === payload;
