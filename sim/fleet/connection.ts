/** One connection to a broker, for many devices. */
import type { Duplex } from "node:stream";
import mqttPacket from "mqtt-packet";
import { CONNACK, FrameReader, PUBACK, pubackFrame, PUBLISH, publishFrame, SUBACK } from "./frames.js";
import type { Broker } from "./transport.js";

/** In s. */
const KEEP_ALIVE = 60;
/** How long a broker may take to let a client in, or to grant subscriptions, in ms. */
const PATIENCE = 30_000;
/** Filters in one packet: some brokers take no more. */
const FILTERS = 50;
/** Messages at QoS 1 that may be on their way: beyond them, packet ids would come round again. */
const MOST_UNACKNOWLEDGED = 60_000;
/** What may wait in memory because the broker does not read, in bytes. */
const MOST_WAITING = 1_048_576;

/** MQTT 3.1.1, table 3.1. */
const REFUSALS: Readonly<Record<number, string>> = {
  1: "it does not speak MQTT 3.1.1",
  2: "it does not like the client's id",
  3: "it is not available, or has as many connections as it takes (limits.connections of nightlight-server)",
  4: "user name or password is wrong",
  5: "it asks for a user name and a password, or this one may not",
};
const NOT_GRANTED = 0x80;
/** A PUBLISH's flags: MQTT 3.1.1, 3.3.1. */
const QOS = 6;
const RETAIN = 1;

/** A part of some bytes: where it begins, and where it has ended. */
export type Span = readonly [from: number, to: number];

export interface ConnectionHandlers {
  /** A message came: where its topic and its payload are in the bytes, which are not to be kept. */
  message(bytes: Buffer, topic: Span, payload: Span, retained: boolean): void;
  /** An open connection has ended by itself. */
  lost(reason: string): void;
}

/** Something that is waited for. */
interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

export class Connection {
  readonly #broker: Broker;
  readonly #clientId: string;
  readonly #handlers: ConnectionHandlers;
  #stream: Duplex | undefined;
  #open = false;
  #id = 0;
  #unacknowledged = 0;
  #acks: Buffer[] = [];
  #corked = false;
  #waiting: Waiting | undefined;
  #settled: (() => void)[] = [];

  constructor(broker: Broker, clientId: string, handlers: ConnectionHandlers) {
    this.#broker = broker;
    this.#clientId = clientId;
    this.#handlers = handlers;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Messages at QoS 1 that are not acknowledged. */
  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  /**
   * Connects with a clean session.
   * @throws Error that says why not
   */
  async connect(): Promise<void> {
    const { username, password, title } = this.#broker;
    const stream = this.#broker.connect();
    this.#stream = stream;
    const reader = new FrameReader((type, flags, bytes, from, to) => this.#frame(type, flags, bytes, from, to));
    let problem = "the broker ended the connection";
    stream.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        stream.destroy(error as Error);
      }
      if (this.#acks.length > 0) this.#write(Buffer.concat(this.#acks.splice(0)));
    });
    stream.on("error", (error) => (problem = error.message || String(error)));
    stream.on("close", () => this.#closed(stream, problem));
    const connect = { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true } as const;
    const secret = password === undefined ? undefined : Buffer.from(password);
    const login = { clientId: this.#clientId, keepalive: KEEP_ALIVE, username, password: secret };
    stream.write(mqttPacket.generate({ ...connect, ...login }));
    await this.#answer(`no connection to ${title}`);
    this.#open = true;
  }

  /** @throws Error when the broker does not grant one of them */
  async subscribe(filters: readonly string[], qos: 0 | 1): Promise<void> {
    for (let at = 0; at < filters.length; at += FILTERS) {
      const subscriptions = filters.slice(at, at + FILTERS).map((topic) => ({ topic, qos }));
      this.#write(mqttPacket.generate({ cmd: "subscribe", messageId: this.#nextId(), subscriptions }));
      await this.#answer(`no subscription to ${filters[at]} and ${subscriptions.length - 1} more`);
    }
  }

  /** Sends a message, if the connection takes it: false when it is gone or full. Topic and payload are ASCII. */
  publish(topic: string, payload: string, qos: 0 | 1, retain: boolean): boolean {
    if (!this.#open || this.#stream!.writableLength > MOST_WAITING) return false;
    if (qos === 1) {
      if (this.#unacknowledged >= MOST_UNACKNOWLEDGED) return false;
      this.#unacknowledged++;
    }
    this.#write(publishFrame(topic, payload, qos && this.#nextId(), retain));
    return true;
  }

  /** Fulfilled when all is acknowledged, or the connection is gone. */
  settled(): Promise<void> {
    if (!this.#open || this.#unacknowledged === 0) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  ping(): void {
    if (this.#open) this.#write(mqttPacket.generate({ cmd: "pingreq" }));
  }

  /** Says good-bye. */
  end(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#open = false;
    this.#settle();
    stream?.end(mqttPacket.generate({ cmd: "disconnect" }));
    // whatever the broker still sends is of no interest
    stream?.resume();
    setTimeout(() => stream?.destroy(), 1000).unref();
  }

  #nextId(): number {
    return (this.#id = (this.#id % 65_535) + 1);
  }

  /** What is written within one turn of the event loop leaves in one piece. */
  #write(bytes: Buffer): void {
    const stream = this.#stream;
    if (!stream) return;
    if (!this.#corked) {
      this.#corked = true;
      stream.cork();
      process.nextTick(() => {
        this.#corked = false;
        stream.uncork();
      });
    }
    stream.write(bytes);
  }

  #answer(problem: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting?.reject(new Error(`no answer within ${PATIENCE / 1000} s`));
        this.#stream?.destroy();
      }, PATIENCE);
      const done = (then: () => void): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
        then();
      };
      this.#waiting = {
        resolve: () => done(resolve),
        reject: (error) => done(() => reject(new Error(`There is ${problem}: ${error.message}.`))),
      };
    });
  }

  #frame(type: number, flags: number, bytes: Buffer, from: number, to: number): void {
    if (type === PUBLISH) return this.#message(flags, bytes, from, to);
    if (type === PUBACK) {
      if (--this.#unacknowledged === 0) this.#settle();
    } else if (type === CONNACK) {
      const code = bytes[from + 1];
      if (code === 0) this.#waiting?.resolve();
      else this.#waiting?.reject(new Error(REFUSALS[code] ?? `it refused with code ${code}`));
    } else if (type === SUBACK) {
      if (bytes.subarray(from + 2, to).includes(NOT_GRANTED))
        this.#waiting?.reject(
          new Error(
            "the broker refused it: it may not, or there are too many for one client " +
              "(limits.subscriptions of nightlight-server; more --connections need fewer each)",
          ),
        );
      else this.#waiting?.resolve();
    }
  }

  #message(flags: number, bytes: Buffer, from: number, to: number): void {
    const topic = from + 2;
    const topicEnd = topic + ((bytes[from] << 8) | bytes[from + 1]);
    const payload = topicEnd + (flags & QOS ? 2 : 0);
    if (flags & QOS) this.#acks.push(pubackFrame((bytes[topicEnd] << 8) | bytes[topicEnd + 1]));
    this.#handlers.message(bytes, [topic, topicEnd], [payload, to], (flags & RETAIN) !== 0);
  }

  #closed(stream: Duplex, problem: string): void {
    // ended by us, or an earlier one
    if (stream !== this.#stream) return;
    this.#stream = undefined;
    this.#unacknowledged = 0;
    this.#acks = [];
    const wasOpen = this.#open;
    this.#open = false;
    this.#settle();
    if (this.#waiting) this.#waiting.reject(new Error(problem));
    else if (wasOpen) this.#handlers.lost(problem);
  }

  #settle(): void {
    for (const resolve of this.#settled.splice(0)) resolve();
  }
}
