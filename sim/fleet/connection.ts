/** An MQTT 3.1.1 client connection that many virtual devices share. */
import type { Duplex } from "node:stream";
import mqttPacket from "mqtt-packet";
import { CONNACK, PacketReader, PUBACK, encodePuback, PUBLISH, encodePublish, SUBACK } from "./packets.js";
import type { Broker } from "./transport.js";

/** MQTT keep-alive interval, in s. */
const KEEP_ALIVE_INTERVAL = 60;
/** Timeout for the broker's answer to CONNECT and SUBSCRIBE, in ms. The connection is closed if no answer arrives. */
const ANSWER_TIMEOUT = 30_000;
/** Largest number of topic filters in one SUBSCRIBE packet. Some brokers refuse packets with more filters. */
const FILTERS_PER_SUBSCRIBE = 50;
/** Largest number of unacknowledged QoS 1 messages. A larger number could reuse a packet id that is still in flight. */
const MAX_UNACKNOWLEDGED = 60_000;
/** Largest size of the send buffer, in bytes. `publish` returns false while the buffer is larger. */
const MAX_SEND_BUFFER = 1_048_576;

/** Error texts for the CONNACK return codes (MQTT 3.1.1, table 3.1). */
const CONNACK_ERRORS: Readonly<Record<number, string>> = {
  1: "the broker does not support MQTT 3.1.1",
  2: "the broker does not accept the client id",
  3: "the broker is unavailable, or its connection limit is reached (limits.connections of nightlight-server)",
  4: "the user name or the password is wrong",
  5: "the broker requires a user name and a password, or this user is not allowed to connect",
};
/** SUBACK return code of a refused subscription (MQTT 3.1.1, 3.9.3). */
const SUBACK_FAILURE = 0x80;
/** Bit mask of the QoS in the flags of PUBLISH (MQTT 3.1.1, 3.3.1). */
const QOS_MASK = 6;
/** Bit mask of the retain flag in the flags of PUBLISH (MQTT 3.1.1, 3.3.1). */
const RETAIN_FLAG = 1;

/** A byte range: start (inclusive) and end (exclusive). */
export type ByteRange = readonly [from: number, to: number];

/** Callbacks of a shared connection. */
export interface SharedConnectionHandlers {
  /** Called for each message, with the ranges of topic and payload in `bytes`. Handlers must not keep `bytes`. */
  message(bytes: Buffer, topic: ByteRange, payload: ByteRange, retained: boolean): void;
  /** Called when an established connection is lost. */
  lost(reason: string): void;
}

/** The promise callbacks for the answer of the broker to CONNECT or SUBSCRIBE. */
interface PendingAnswer {
  resolve(): void;
  reject(error: Error): void;
}

/** A connection to a broker that publishes and receives messages for many devices. */
export class SharedConnection {
  readonly #broker: Broker;
  readonly #clientId: string;
  readonly #handlers: SharedConnectionHandlers;
  #stream: Duplex | undefined;
  #open = false;
  #packetId = 0;
  #unacknowledged = 0;
  #pendingAcks: Buffer[] = [];
  #corked = false;
  #pendingAnswer: PendingAnswer | undefined;
  #acknowledgedCallbacks: (() => void)[] = [];

  constructor(broker: Broker, clientId: string, handlers: SharedConnectionHandlers) {
    this.#broker = broker;
    this.#clientId = clientId;
    this.#handlers = handlers;
  }

  /** True while the connection is established. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Number of QoS 1 messages that the broker has not acknowledged. */
  get unacknowledgedCount(): number {
    return this.#unacknowledged;
  }

  /**
   * Connects to the broker with a clean session.
   * @throws Error when the broker cannot be reached, refuses the connection or does not answer
   */
  async connect(): Promise<void> {
    const { username, password, title } = this.#broker;
    const stream = this.#broker.connect();
    this.#stream = stream;
    const reader = new PacketReader((type, flags, bytes, from, to) => this.#handlePacket(type, flags, bytes, from, to));
    let problem = "the broker ended the connection";
    stream.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        stream.destroy(error as Error);
      }
      if (this.#pendingAcks.length > 0) this.#write(Buffer.concat(this.#pendingAcks.splice(0)));
    });
    stream.on("error", (error) => (problem = error.message || String(error)));
    stream.on("close", () => this.#handleClose(stream, problem));
    const connect = { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true } as const;
    const passwordBytes = password === undefined ? undefined : Buffer.from(password);
    const login = { clientId: this.#clientId, keepalive: KEEP_ALIVE_INTERVAL, username, password: passwordBytes };
    stream.write(mqttPacket.generate({ ...connect, ...login }));
    await this.#waitForAnswer(`no connection to ${title}`);
    this.#open = true;
  }

  /**
   * Subscribes to topic filters.
   * @throws Error when the broker refuses one of the filters
   */
  async subscribe(filters: readonly string[], qos: 0 | 1): Promise<void> {
    for (let at = 0; at < filters.length; at += FILTERS_PER_SUBSCRIBE) {
      const subscriptions = filters.slice(at, at + FILTERS_PER_SUBSCRIBE).map((topic) => ({ topic, qos }));
      this.#write(mqttPacket.generate({ cmd: "subscribe", messageId: this.#nextPacketId(), subscriptions }));
      await this.#waitForAnswer(`no subscription to ${filters[at]} and ${subscriptions.length - 1} more`);
    }
  }

  /** Publishes a message in ASCII. Returns false when the connection is closed or its buffer is full. */
  publish(topic: string, payload: string, qos: 0 | 1, retain: boolean): boolean {
    if (!this.#open || this.#stream!.writableLength > MAX_SEND_BUFFER) return false;
    if (qos === 1) {
      if (this.#unacknowledged >= MAX_UNACKNOWLEDGED) return false;
      this.#unacknowledged++;
    }
    this.#write(encodePublish(topic, payload, qos && this.#nextPacketId(), retain));
    return true;
  }

  /** Resolves when the broker has acknowledged all QoS 1 messages, or when the connection is closed. */
  waitForAcknowledgments(): Promise<void> {
    if (!this.#open || this.#unacknowledged === 0) return Promise.resolve();
    return new Promise((resolve) => this.#acknowledgedCallbacks.push(resolve));
  }

  /** Sends a PINGREQ to keep the connection alive. */
  ping(): void {
    if (this.#open) this.#write(mqttPacket.generate({ cmd: "pingreq" }));
  }

  /** Sends DISCONNECT and closes the connection. */
  end(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#open = false;
    this.#resolveAcknowledged();
    stream?.end(mqttPacket.generate({ cmd: "disconnect" }));
    // discard data that the broker still sends, or the stream would never end
    stream?.resume();
    setTimeout(() => stream?.destroy(), 1000).unref();
  }

  #nextPacketId(): number {
    return (this.#packetId = (this.#packetId % 65_535) + 1);
  }

  /** Writes bytes. Corks the stream so that all writes of one event loop turn are sent together. */
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

  /**
   * Waits for the broker's answer to CONNECT or SUBSCRIBE.
   * @param problem completes the error message "There is …" if the broker does not answer, for example "no connection"
   */
  #waitForAnswer(problem: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pendingAnswer?.reject(new Error(`no answer within ${ANSWER_TIMEOUT / 1000} s`));
        this.#stream?.destroy();
      }, ANSWER_TIMEOUT);
      const finish = (then: () => void): void => {
        clearTimeout(timer);
        this.#pendingAnswer = undefined;
        then();
      };
      this.#pendingAnswer = {
        resolve: () => finish(resolve),
        reject: (error) => finish(() => reject(new Error(`There is ${problem}: ${error.message}.`))),
      };
    });
  }

  #handlePacket(type: number, flags: number, bytes: Buffer, from: number, to: number): void {
    if (type === PUBLISH) return this.#handlePublish(flags, bytes, from, to);
    if (type === PUBACK) {
      if (--this.#unacknowledged === 0) this.#resolveAcknowledged();
    } else if (type === CONNACK) {
      const code = bytes[from + 1];
      if (code === 0) this.#pendingAnswer?.resolve();
      else
        this.#pendingAnswer?.reject(
          new Error(CONNACK_ERRORS[code] ?? `the broker refused the connection with code ${code}`),
        );
    } else if (type === SUBACK) {
      if (bytes.subarray(from + 2, to).includes(SUBACK_FAILURE))
        this.#pendingAnswer?.reject(
          new Error(
            "the broker refused it: the user has no permission, or the client has too many subscriptions " +
              "(limits.subscriptions of nightlight-server; use more --connections so that each has fewer)",
          ),
        );
      else this.#pendingAnswer?.resolve();
    }
  }

  #handlePublish(flags: number, bytes: Buffer, from: number, to: number): void {
    const topic = from + 2;
    const topicEnd = topic + ((bytes[from] << 8) | bytes[from + 1]);
    const payload = topicEnd + (flags & QOS_MASK ? 2 : 0);
    if (flags & QOS_MASK) this.#pendingAcks.push(encodePuback((bytes[topicEnd] << 8) | bytes[topicEnd + 1]));
    this.#handlers.message(bytes, [topic, topicEnd], [payload, to], (flags & RETAIN_FLAG) !== 0);
  }

  #handleClose(stream: Duplex, problem: string): void {
    // ignore a stream that end() closed or that a newer stream replaced
    if (stream !== this.#stream) return;
    this.#stream = undefined;
    this.#unacknowledged = 0;
    this.#pendingAcks = [];
    const wasOpen = this.#open;
    this.#open = false;
    this.#resolveAcknowledged();
    if (this.#pendingAnswer) this.#pendingAnswer.reject(new Error(problem));
    else if (wasOpen) this.#handlers.lost(problem);
  }

  #resolveAcknowledged(): void {
    for (const resolve of this.#acknowledgedCallbacks.splice(0)) resolve();
  }
}
