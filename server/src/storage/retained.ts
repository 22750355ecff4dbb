import { topicNameProblem } from "../mqtt/topics.js";
import { RETRY } from "./health.js";
import { decodeData, encodeData } from "./message-codec.js";
import { restoredExpiry, storedExpiry, type StoredExpiry } from "./expiry.js";
import { RetainedLog, type RetainedLogOptions } from "./retained-log.js";

/** What MQTT 5.0 adds to a retained message. */
interface Extras {
  readonly properties?: object;
  /** In ms since 1970. */
  readonly messageExpiry?: number;
}

/** A retained message. */
export interface RetainedPacket extends Extras {
  readonly cmd: "publish";
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: true;
}

/** What is stored: the payload as Latin-1, because a string takes less memory than a Buffer and keeps no larger one alive. */
interface Stored {
  readonly payload: string;
  readonly qos: number;
  readonly extras: Buffer | undefined;
}

export interface RetainedHandlers {
  /** Messages cannot be written. Called after each attempt. */
  failed(error: unknown): void;
  /** Messages were written. */
  written?(): void;
  /** A stored message was dropped, because clients would disconnect when they received it. */
  dropped(topic: string, problem: string): void;
}

/** The retained messages: all of them in memory, and in a log on disk. */
export class RetainedMessages {
  readonly #messages = new Map<string, Stored>();
  readonly #log: RetainedLog;
  readonly #handlers: RetainedHandlers;
  #pending = false;
  /** The next attempt, while messages cannot be written. */
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  /** Who waits until they are. */
  #waiting: (() => void)[] = [];

  /** @param folder for the log; need not exist */
  constructor(folder: string, handlers: RetainedHandlers, options: RetainedLogOptions = {}) {
    this.#log = new RetainedLog(folder, () => this.#contents(), options);
    this.#handlers = handlers;
  }

  /** Reads what is stored. @throws Error when the log cannot be read */
  async restore(): Promise<void> {
    await this.#log.load((topic, payload, qos, extras) => this.#set(topic, payload.toString("latin1"), qos, extras));
    for (const topic of this.#messages.keys()) {
      const problem = topicNameProblem(topic);
      if (!problem) continue;
      this.#handlers.dropped(topic, problem);
      this.store({ topic, payload: Buffer.alloc(0), qos: 0 });
    }
  }

  get size(): number {
    return this.#messages.size;
  }

  topics(): Iterable<string> {
    return this.#messages.keys();
  }

  get(topic: string): RetainedPacket | undefined {
    const stored = this.#messages.get(topic);
    if (!stored) return undefined;
    const { payload, qos, extras } = stored;
    const message = { cmd: "publish", topic, payload: Buffer.from(payload, "latin1"), qos, retain: true } as const;
    if (!extras) return message;
    const more = decodeData<Extras & StoredExpiry>(extras);
    return { ...message, properties: more.properties, messageExpiry: restoredExpiry(more) };
  }

  /** Retains a message, or ends that when the payload is empty [MQTT-3.3.1-10]. Written by `write`, or at the end of this turn. */
  store({ topic, payload, qos, properties, messageExpiry }: Omit<RetainedPacket, "cmd" | "retain">): void {
    const extras = properties || messageExpiry ? encodeData({ properties, ...storedExpiry(messageExpiry) }) : undefined;
    const before = this.#messages.get(topic);
    const text = payload.toString("latin1");
    if (!extras && !before?.extras && before?.qos === qos && before.payload === text) return;
    if (!before && text === "") return;
    this.#set(topic, text, qos, extras);
    this.#log.add(topic, payload, qos, extras);
    if (this.#pending) return;
    this.#pending = true;
    setImmediate(() => this.write());
  }

  /** Replaces a payload that differs in bookkeeping only, which need not be stored; does nothing where nothing is retained. */
  renew(topic: string, payload: Buffer): void {
    const before = this.#messages.get(topic);
    if (before) this.#set(topic, payload.toString("latin1"), before.qos, before.extras);
  }

  /**
   * Writes what has changed: called before clients are told of it, so that they find it after `kill -9`. When that fails,
   * it is tried again from time to time, and clients are told meanwhile: lamps go first.
   */
  write(): void {
    if (this.#pending && !this.#retry) this.#attempt();
  }

  /** Resolves when everything so far is written. */
  stored(): Promise<void> {
    this.write();
    return this.#retry ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  /** Resolves when everything is written that can be. */
  async close(): Promise<void> {
    if (this.#pending || this.#retry) this.#attempt();
    // what was not written is not acknowledged either
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#log.close();
  }

  #attempt(): void {
    this.#pending = false;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      this.#log.write();
    } catch (error) {
      this.#handlers.failed(error);
      if (!this.#closed) this.#retry = setTimeout(() => this.#attempt(), RETRY);
      return;
    }
    this.#handlers.written?.();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  *#contents(): Generator<[topic: string, payload: Buffer, qos: number, extras: Buffer | undefined]> {
    for (const [topic, { payload, qos, extras }] of this.#messages)
      yield [topic, Buffer.from(payload, "latin1"), qos, extras];
  }

  /** @param payload one character for each byte (latin1); an empty one ends that a message is retained */
  #set(topic: string, payload: string, qos: number, extras: Buffer | undefined): void {
    if (payload === "") this.#messages.delete(topic);
    else this.#messages.set(topic, { payload, qos, extras });
  }
}
