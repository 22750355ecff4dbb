import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Rejection } from "../observability/counters.js";
import type { RejectionOrigin } from "../observability/recent-rejections.js";
import { InboundPackets } from "./inbound.js";
import { MAX_UNSENT_BYTES, OutboundPackets } from "./outbound.js";
import { ProtocolViolation } from "../mqtt/packet-checks.js";
import { PINGREQ, PUBACK, PUBREC, REASON_CODE } from "../mqtt/packets.js";
import * as replies from "./replies.js";
import { ReplyCompletion } from "./reply-completion.js";
import { DRAIN_TIMEOUT, SendBuffer } from "./send-buffer.js";
import type { WriteQueue, BufferedWriter } from "./write-queue.js";

/** How long a disconnected client may take to read its last packet, in ms. Then the broker destroys the connection. */
const CLOSE_TIMEOUT = 1000;

/** Interval of the PINGREQ packets that this server sends to aedes on behalf of a rate-limited client, in ms. */
const PING_INTERVAL = 500;

const PINGREQ_PACKET = Buffer.from([PINGREQ << 4, 0]);

/** Limits that a client sets for the packets that it receives. */
interface OutboundLimits {
  /** Maximum number of unacknowledged messages of QoS 1 and 2. Further messages wait. */
  readonly receiveMaximum?: number;
  /** The largest packet that the client accepts, in bytes. The broker drops larger messages. */
  readonly maximumPacketSize?: number;
}

export interface ClientConnectionOptions {
  /** The largest payload that the client may publish, in bytes. */
  readonly payload: number;
  /** Packets per second that the client may send on average. */
  readonly rate: number;
  /** Batches the socket writes of all connections. */
  readonly writeQueue: WriteQueue;
  rejected(reason: Rejection, from: string, problem: string, origin?: RejectionOrigin): void;
}

/**
 * Connection of one client: the stream between the client's socket and aedes.
 *
 * Limits the resources that one client may use, because aedes has no such limits. Checks and rate-limits the packets
 * from the client. Limits the packets to the client and adds missing fields. A slow reader never makes aedes wait.
 */
export class ClientConnection extends Duplex implements BufferedWriter {
  /** Remote IP address. */
  readonly address: string;
  /** Name of the client in log messages: its address, or after the login its account and client id. */
  title: string;
  /** The account and the client id; empty before the login. */
  origin: RejectionOrigin = {};
  /** The TCP or TLS socket, which may carry a WebSocket. */
  readonly socket: Duplex | Socket;
  /** The fields that the broker adds to its replies to the client. */
  readonly completion: ReplyCompletion;
  /** The client's stream: TCP, TLS or WebSocket. */
  readonly stream: Duplex;
  readonly #options: ClientConnectionOptions;
  readonly #inbound: InboundPackets;
  readonly #outbound: OutboundPackets;
  readonly #sendBuffer: SendBuffer;
  /** Number of acknowledgements that the client must still send. They do not count towards the client's rate limit. */
  #expected = 0;
  /**
   * Number of unanswered PINGREQ packets that this connection sent to aedes. Their answers must not reach the client.
   */
  #ownPings = 0;
  #pingedAt = 0;
  /** Resolves when all changes of the client's subscriptions are stored; undefined while all are. */
  #storing: Promise<unknown> | undefined;
  /** Whether the client has ended its side of the connection. */
  #ended = false;
  /** Whether CONNACK has accepted the client. Only an accepted client may receive DISCONNECT. */
  #accepted = false;
  /** Whether the connection is closing. A closing connection discards packets from aedes. */
  #closing = false;

  constructor(stream: Duplex, request: IncomingMessage | undefined, options: ClientConnectionOptions) {
    super({ readableHighWaterMark: 65_536, writableHighWaterMark: Number.MAX_SAFE_INTEGER });
    this.stream = stream;
    this.#options = options;
    this.socket = request?.socket ?? stream;
    this.address = this.title = (this.socket as Partial<Socket>).remoteAddress ?? "a client";
    const expectAcknowledgements = (count: number): void => void (this.#expected += count);
    this.#sendBuffer = new SendBuffer(stream, () => {
      options.rejected("over-limit", this.title, `has read nothing for ${DRAIN_TIMEOUT / 1000} s`, this.origin);
      stream.destroy();
    });
    this.completion = new ReplyCompletion({
      version: () => this.version,
      accepted: () => void (this.#accepted = true),
      rejected: (problem) => options.rejected("not-allowed", this.title, problem, this.origin),
    });
    this.#outbound = new OutboundPackets({
      write: (bytes) => this.#send(bytes),
      backlog: () => this.#sendBuffer.backlog,
      complete: (type, bytes) => this.#fit(this.completion.complete(type, bytes)),
      sendWhenStored: (bytes) => this.#sendWhenStored(bytes),
      swallowPingresp: () => this.#ownPings > 0 && this.#ownPings-- > 0,
      sending: expectAcknowledgements,
      overflowed: (qos) => this.#overflowed(qos),
      tooLarge: (packetId, qos) => this.#decline(packetId, qos),
    });
    this.#inbound = new InboundPackets(options.payload, options.rate, {
      forward: (bytes) => void (this.push(bytes) || stream.pause()),
      oversized: (...message) => this.#oversized(...message),
      expect: expectAcknowledgements,
      takeExpected: () => this.#expected > 0 && this.#expected-- > 0,
      acknowledged: (packetId) => this.#outbound.recordAcknowledgement(packetId),
      violated: (violation) => this.#violated(violation),
      waiting: () => this.#pingAedes(),
      ready: () => this.#ready(),
    });
    stream.on("data", (chunk: Buffer) => {
      this.#inbound.receive(chunk);
      if (this.#inbound.isWaiting) stream.pause();
    });
    const endInput = (): void => {
      this.#ended = true;
      if (!this.#inbound.isWaiting) this.push(null);
    };
    stream.once("end", endInput);
    stream.once("close", () => {
      if (!this.#ended) endInput();
    });
    stream.on("error", () => this.destroy());
  }

  /** Protocol version: 3, 4 or 5; 0 before CONNECT. */
  get version(): number {
    return this.#inbound.version;
  }

  /** Sets the client's limits for the packets that it receives (MQTT 5.0, 3.1.2.11.3 and 3.1.2.11.4). */
  setLimits({ receiveMaximum = Infinity, maximumPacketSize = Infinity }: OutboundLimits): void {
    this.#outbound.receiveMaximum = Math.min(this.#outbound.receiveMaximum, receiveMaximum);
    this.#outbound.maximumPacketSize = Math.min(this.#outbound.maximumPacketSize, maximumPacketSize);
  }

  /**
   * Starts to process the client's packets. Call this when the client is connected and has received its queued
   * messages.
   */
  open(): void {
    this.#inbound.open();
  }

  /** The queue of PUBACK and PUBREC packets that wait until their messages are stored. */
  get acknowledgements(): OutboundPackets["acknowledgements"] {
    return this.#outbound.acknowledgements;
  }

  /**
   * Holds back SUBACK and UNSUBACK packets until the promise, and those of earlier calls, resolve. The packets are never
   * sent if a promise rejects, as when the broker closes.
   */
  holdSubscriptionReplies(stored: Promise<unknown>): void {
    const all = Promise.all([this.#storing, stored]);
    this.#storing = all;
    const forget = (): void => {
      if (this.#storing === all) this.#storing = undefined;
    };
    all.then(forget, () => {});
  }

  /** Refuses the client with CONNACK and closes the connection. */
  refuse(code: { returnCode: number; reasonCode: number }, text: string): void {
    this.#close(replies.encodeRefusal(this.version, code, text));
  }

  override _read(): void {
    if (!this.#inbound.isWaiting) this.stream.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#outbound.send(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#outbound.send(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  override _destroy(error: Error | null, done: () => void): void {
    const code = error instanceof ProtocolViolation ? error.reasonCode : REASON_CODE.protocolError;
    if (!this.#closing) this.#close(error && this.#accepted ? this.#disconnect(code, error.message) : undefined);
    this.#inbound.end();
    done();
  }

  /** Sends a last packet and closes the connection when the client has read it. */
  #close(lastPacket?: Buffer): void {
    if (lastPacket) this.#send(this.#fit(lastPacket));
    this.#closing = true;
    this.flush();
    this.#inbound.end();
    const { stream } = this;
    if (stream.destroyed) return;
    stream.end();
    // Read and discard further bytes of the client. With unread bytes, the operating system would reset the connection,
    // and the client would lose the last packet.
    stream.resume();
    const timer = setTimeout(() => stream.destroy(), CLOSE_TIMEOUT);
    stream.once("close", () => clearTimeout(timer));
  }

  #send(bytes: Buffer): void {
    if (this.#closing) return;
    const wasEmpty = this.#sendBuffer.add(bytes);
    const { writeQueue } = this.#options;
    if (bytes[0] >> 4 !== PUBACK) writeQueue.schedule(this);
    else if (wasEmpty) writeQueue.scheduleAcknowledgement(this);
  }

  /** Writes the send buffer to the socket. */
  flush(): void {
    this.#sendBuffer.flush();
  }

  /**
   * Sends PINGREQ to aedes while the client's packets wait for the rate limit, so that the keep alive does not expire.
   */
  #pingAedes(): void {
    const now = performance.now();
    if (now - this.#pingedAt < PING_INTERVAL) return;
    this.#pingedAt = now;
    this.#ownPings++;
    this.push(PINGREQ_PACKET);
  }

  /** Resumes reading from the socket after all waiting packets were processed. */
  #ready(): void {
    if (this.#ended) this.push(null);
    else this.stream.resume();
  }

  /** Removes the reason string from a packet that exceeds the client's maximum packet size. */
  #fit(bytes: Buffer): Buffer {
    return bytes.length > this.#outbound.maximumPacketSize ? replies.removeReason(bytes) : bytes;
  }

  #sendWhenStored(bytes: Buffer): void {
    if (!this.#storing) return this.#send(bytes);
    this.#storing.then(
      () => this.#send(bytes),
      () => {},
    );
  }

  #disconnect(reasonCode: number, text: string): Buffer | undefined {
    return this.version === 5 ? replies.encodeDisconnect(reasonCode, text) : undefined;
  }

  #violated({ rejection, message, reasonCode, answer }: ProtocolViolation): void {
    this.#options.rejected(rejection, this.title, message, this.origin);
    this.#close(answer ?? (this.#accepted ? this.#disconnect(reasonCode, message) : undefined));
    this.destroy();
  }

  #overflowed(qos: number): void {
    this.#options.rejected(
      "over-limit",
      this.title,
      `reads too slowly: more than ${MAX_UNSENT_BYTES} bytes wait for it`,
      this.origin,
    );
    if (qos === 0) return;
    // Discard unsent packets. The queue of a persistent session still contains their messages.
    this.#closing = true;
    this.stream.destroy();
  }

  /**
   * Acknowledges a message on behalf of the client when the message exceeds the client's maximum packet size
   * [MQTT-3.1.2-25].
   */
  #decline(packetId: number, qos: number): void {
    // The packet contains a general reason code, because MQTT 5.0 has none for an oversized packet (table 3-4).
    if (qos > 0)
      this.push(
        replies.encodeAcknowledgement(qos === 1 ? PUBACK : PUBREC, packetId, 5, REASON_CODE.unspecified, undefined),
      );
  }

  #oversized(qos: number, topic: string, packetId: number): void {
    const problem = `a payload above ${this.#options.payload} bytes on ${topic}`;
    this.#options.rejected("too-large", this.title, problem, { ...this.origin, topic });
    if (qos === 0) return;
    const text = this.completion.wantsReasons ? problem : undefined;
    const type = qos === 1 ? PUBACK : PUBREC;
    this.#send(this.#fit(replies.encodeAcknowledgement(type, packetId, this.version, REASON_CODE.quotaExceeded, text)));
  }
}
