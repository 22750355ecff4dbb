import { topicNameProblem } from "../mqtt/topics.js";
import { RETRY_INTERVAL } from "./health.js";
import { decodeData, encodeData } from "./message-codec.js";
import { fromStoredExpiry, toStoredExpiry, type StoredExpiry } from "./expiry.js";
import { RetainedLog, type RetainedLogOptions } from "./retained-log.js";

/** The properties and expiry that MQTT 5.0 adds to a retained message. */
interface Mqtt5Extras {
  readonly properties?: object;
  /** Expiry time in ms since 1970; undefined for a message that never expires. */
  readonly messageExpiry?: number;
}

/** A retained message as aedes represents it. */
export interface RetainedPacket extends Mqtt5Extras {
  readonly cmd: "publish";
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: true;
}

/**
 * A retained message in memory. The payload is a Latin-1 string, because a string takes less memory than a Buffer and does
 * not keep a larger buffer alive.
 */
interface StoredMessage {
  readonly payload: string;
  readonly qos: number;
  readonly extras: Buffer | undefined;
}

export interface RetainedHandlers {
  /** Called after each failed attempt to write messages to the log. */
  writeFailed(error: unknown): void;
  /** Called after each successful write of messages to the log. */
  writeSucceeded?(): void;
  /** Called for a stored message with an invalid topic, which was dropped because clients would disconnect on receiving it. */
  messageDropped(topic: string, problem: string): void;
}

/** The retained messages of the broker. All of them are in memory and in a log on disk. */
export class RetainedMessages {
  readonly #messages = new Map<string, StoredMessage>();
  readonly #log: RetainedLog;
  readonly #handlers: RetainedHandlers;
  #pending = false;
  /** Timer of the next attempt while writes fail. */
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  /** Callers of `whenStored` that wait for the next successful write. */
  #waiting: (() => void)[] = [];

  /** @param folder folder of the log; the first write creates a missing folder */
  constructor(folder: string, handlers: RetainedHandlers, options: RetainedLogOptions = {}) {
    this.#log = new RetainedLog(folder, () => this.#listMessages(), options);
    this.#handlers = handlers;
  }

  /** Loads the messages from the log. @throws Error when the log cannot be read */
  async restore(): Promise<void> {
    await this.#log.load((topic, payload, qos, extras) =>
      this.#setInMemory(topic, payload.toString("latin1"), qos, extras),
    );
    for (const topic of this.#messages.keys()) {
      const problem = topicNameProblem(topic);
      if (!problem) continue;
      this.#handlers.messageDropped(topic, problem);
      this.store({ topic, payload: Buffer.alloc(0), qos: 0 });
    }
  }

  get size(): number {
    return this.#messages.size;
  }

  listTopics(): Iterable<string> {
    return this.#messages.keys();
  }

  get(topic: string): RetainedPacket | undefined {
    const stored = this.#messages.get(topic);
    if (!stored) return undefined;
    const { payload, qos, extras } = stored;
    const message = { cmd: "publish", topic, payload: Buffer.from(payload, "latin1"), qos, retain: true } as const;
    if (!extras) return message;
    const more = decodeData<Mqtt5Extras & StoredExpiry>(extras);
    return { ...message, properties: more.properties, messageExpiry: fromStoredExpiry(more) };
  }

  /**
   * Retains a message. An empty payload deletes the retained message [MQTT-3.3.1-10]. The change is written by `write`, or
   * at the end of this event-loop turn.
   */
  store({ topic, payload, qos, properties, messageExpiry }: Omit<RetainedPacket, "cmd" | "retain">): void {
    const extras =
      properties || messageExpiry ? encodeData({ properties, ...toStoredExpiry(messageExpiry) }) : undefined;
    const before = this.#messages.get(topic);
    const text = payload.toString("latin1");
    if (!extras && !before?.extras && before?.qos === qos && before.payload === text) return;
    if (!before && text === "") return;
    this.#setInMemory(topic, text, qos, extras);
    this.#log.add(topic, payload, qos, extras);
    if (this.#pending) return;
    this.#pending = true;
    setImmediate(() => this.write());
  }

  /** Replaces the payload of a retained message in memory without writing to the log. Ignores topics without a message. */
  replaceInMemory(topic: string, payload: Buffer): void {
    const before = this.#messages.get(topic);
    if (before) this.#setInMemory(topic, payload.toString("latin1"), before.qos, before.extras);
  }

  /**
   * Writes all changes to the log. Call this before delivering messages, so that they stay retained after `kill -9`. Never
   * throws: a failed write is retried later, and messages are delivered anyway, because lamps must switch.
   */
  write(): void {
    if (this.#pending && !this.#retry) this.#tryWrite();
  }

  /** Resolves when all pending changes are written. */
  whenStored(): Promise<void> {
    this.write();
    return this.#retry ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  /** Makes a last attempt to write, and closes the log. */
  async close(): Promise<void> {
    if (this.#pending || this.#retry) this.#tryWrite();
    // give up messages that could not be written: they were not acknowledged, so clients send them again
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#log.close();
  }

  #tryWrite(): void {
    this.#pending = false;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      this.#log.writeBatch();
    } catch (error) {
      this.#handlers.writeFailed(error);
      if (!this.#closed) this.#retry = setTimeout(() => this.#tryWrite(), RETRY_INTERVAL);
      return;
    }
    this.#handlers.writeSucceeded?.();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  *#listMessages(): Generator<[topic: string, payload: Buffer, qos: number, extras: Buffer | undefined]> {
    for (const [topic, { payload, qos, extras }] of this.#messages)
      yield [topic, Buffer.from(payload, "latin1"), qos, extras];
  }

  /**
   * Replaces or deletes a retained message in memory.
   * @param payload in Latin-1, one character per byte; empty to delete the message
   */
  #setInMemory(topic: string, payload: string, qos: number, extras: Buffer | undefined): void {
    if (payload === "") this.#messages.delete(topic);
    else this.#messages.set(topic, { payload, qos, extras });
  }
}
