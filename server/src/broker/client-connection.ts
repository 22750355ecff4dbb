import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Rejection } from "../observability/counters.js";
import { Inbound } from "./inbound.js";
import { BACKLOG, Outbound } from "./outbound.js";
import { Violation } from "../mqtt/packet-checks.js";
import { CONNACK, DISCONNECT, PINGREQ, PUBACK, PUBREC, REASON, SUBACK } from "../mqtt/packets.js";
import * as replies from "./replies.js";
import type { WriteQueue, Writer } from "./write-queue.js";

/** How long a client that is disconnected may take to read why, in ms. */
const FAREWELL = 1000;

/** How long a client may read nothing while something waits for it, in ms. */
const DRAIN_TIMEOUT = 15_000;

/** How often aedes is shown that a client is alive whose packets wait, in ms. */
const PING_EVERY = 500;
const SHARED = "shared subscriptions are not supported";

const PINGREQ_PACKET = Buffer.from([PINGREQ << 4, 0]);

/** What a client can take. */
interface OutboundLimits {
  /** Messages of QoS 1 and 2 that it has not acknowledged. */
  readonly receiveMaximum?: number;
  /** In bytes. */
  readonly maximumPacketSize?: number;
}

export interface ConnectionOptions {
  /** The largest payload that the client may publish, in bytes. */
  readonly payload: number;
  /** Packets per second that the client may send on average. */
  readonly rate: number;
  /** Decides when what was written is sent. */
  readonly writeQueue: WriteQueue;
  rejected(reason: Rejection, from: string, problem: string): void;
}

/**
 * One client's connection, as the stream that aedes reads and writes.
 *
 * It stands between aedes and the socket, because aedes does not bound what one client may cost: packets are checked and
 * slowed down on their way in, bounded and completed on their way out. It never makes aedes wait for a slow reader.
 */
export class Connection extends Duplex implements Writer {
  readonly address: string;
  /** The connection in messages to people: its address, and after the login account and client id. */
  title: string;
  /** The socket that carries TLS, also below WebSocket. */
  readonly socket: Duplex | Socket;
  readonly connack: replies.ConnackFields = { sessionPresent: false };
  /** Why subscriptions were refused since the last SUBACK. */
  readonly refusals: string[] = [];
  /** Whether the client wants reason strings (MQTT 5.0, 3.1.2.11.7). */
  wantsReasons = true;
  /** The stream below: TCP, TLS or WebSocket. */
  readonly stream: Duplex;
  readonly #options: ConnectionOptions;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  /** Acknowledgements that the client is going to send: they are free. */
  #expected = 0;
  /** PINGREQ packets that were made for aedes, and not answered yet. */
  #ownPings = 0;
  #pingedAt = 0;
  /** What waits for the write queue. */
  #output: Buffer[] = [];
  #outputLength = 0;
  #drainTimer: NodeJS.Timeout | undefined;
  /** The client sends nothing more. */
  #ended = false;
  /** The client has a CONNACK that lets it in, so that it may be sent a DISCONNECT. */
  #accepted = false;
  /** Nothing that aedes writes is sent any more. */
  #closing = false;

  constructor(stream: Duplex, request: IncomingMessage | undefined, options: ConnectionOptions) {
    super({ readableHighWaterMark: 65_536, writableHighWaterMark: Number.MAX_SAFE_INTEGER });
    this.stream = stream;
    this.#options = options;
    this.socket = request?.socket ?? stream;
    this.address = this.title = (this.socket as Partial<Socket>).remoteAddress ?? "a client";
    const expect = (count: number): void => void (this.#expected += count);
    this.#outbound = new Outbound({
      write: (bytes) => this.#send(bytes),
      backlog: () => stream.writableLength + this.#outputLength,
      complete: (type, bytes) => this.#fit(this.#complete(type, bytes)),
      swallowPingresp: () => this.#ownPings > 0 && this.#ownPings-- > 0,
      sending: expect,
      overflowed: (qos) => this.#overflowed(qos),
      tooLarge: (packetId, qos) => this.#decline(packetId, qos),
    });
    this.#inbound = new Inbound(options.payload, options.rate, {
      forward: (bytes) => void (this.push(bytes) || stream.pause()),
      oversized: (...message) => this.#oversized(...message),
      expect,
      spend: () => this.#expected > 0 && this.#expected-- > 0,
      acknowledged: (packetId) => this.#outbound.acknowledged(packetId),
      violated: (violation) => this.#violated(violation),
      waiting: () => this.#keepAlive(),
      ready: () => this.#ready(),
    });
    stream.on("data", (chunk: Buffer) => {
      this.#inbound.receive(chunk);
      if (this.#inbound.waiting) stream.pause();
    });
    const ended = (): void => {
      this.#ended = true;
      if (!this.#inbound.waiting) this.push(null);
    };
    stream.once("end", ended);
    stream.once("close", () => {
      clearTimeout(this.#drainTimer);
      if (!this.#ended) ended();
    });
    stream.on("error", () => this.destroy());
    stream.on("drain", () => {
      clearTimeout(this.#drainTimer);
      this.#drainTimer = undefined;
    });
  }

  /** The protocol version, 3, 4 or 5; 0 before CONNECT. */
  get version(): number {
    return this.#inbound.version;
  }

  /** Bounds what is sent to the client (MQTT 5.0, 3.1.2.11.3 and 3.1.2.11.4). */
  limit({ receiveMaximum = Infinity, maximumPacketSize = Infinity }: OutboundLimits): void {
    this.#outbound.receiveMaximum = Math.min(this.#outbound.receiveMaximum, receiveMaximum);
    this.#outbound.maximumPacketSize = Math.min(this.#outbound.maximumPacketSize, maximumPacketSize);
  }

  /** The client is connected and has received its queue: from now on its packets are processed. */
  open(): void {
    this.#inbound.open();
  }

  /** PUBACKs that wait until messages are stored. */
  get acknowledgements(): Outbound["acknowledgements"] {
    return this.#outbound.acknowledgements;
  }

  /** Refuses to let the client in. */
  refuse(code: { returnCode: number; reasonCode: number }, text: string): void {
    this.#close(replies.refuseConnection(this.version, code, text));
  }

  override _read(): void {
    if (!this.#inbound.waiting) this.stream.resume();
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
    const code = error instanceof Violation ? error.reasonCode : REASON.protocolError;
    if (!this.#closing) this.#close(error && this.#accepted ? this.#disconnect(code, error.message) : undefined);
    this.#inbound.end();
    done();
  }

  /** Has the client read what was sent, and then the connection ended. */
  #close(farewell?: Buffer): void {
    if (farewell) this.#send(this.#fit(farewell));
    this.#closing = true;
    this.flush();
    this.#inbound.end();
    const { stream } = this;
    if (stream.destroyed) return;
    stream.end();
    // What the client still sends is read and dropped: unread bytes would make the system reset the connection, and the
    // client would lose the farewell.
    stream.resume();
    const timer = setTimeout(() => stream.destroy(), FAREWELL);
    stream.once("close", () => clearTimeout(timer));
  }

  #send(bytes: Buffer): void {
    if (this.#closing) return;
    this.#outputLength += bytes.length;
    const isFirst = this.#output.push(bytes) === 1;
    const { writeQueue } = this.#options;
    if (bytes[0] >> 4 !== PUBACK) writeQueue.soon(this);
    else if (isFirst) writeQueue.later(this);
  }

  /** Sends what was written. */
  flush(): void {
    const { stream } = this;
    const output = this.#output;
    this.#output = [];
    this.#outputLength = 0;
    if (output.length === 0 || stream.destroyed || !stream.writable) return;
    if (stream.write(output.length === 1 ? output[0] : Buffer.concat(output)) || this.#drainTimer) return;
    this.#drainTimer = setTimeout(() => {
      this.#options.rejected("over-limit", this.title, `has read nothing for ${DRAIN_TIMEOUT / 1000} s`);
      stream.destroy();
    }, DRAIN_TIMEOUT).unref();
  }

  /** Shows aedes that a client is alive whose packets wait. */
  #keepAlive(): void {
    const now = performance.now();
    if (now - this.#pingedAt < PING_EVERY) return;
    this.#pingedAt = now;
    this.#ownPings++;
    this.push(PINGREQ_PACKET);
  }

  /** What waited has been processed. */
  #ready(): void {
    if (this.#ended) this.push(null);
    else this.stream.resume();
  }

  /** Leaves out the reason string of a packet that would be too large for the client. */
  #fit(bytes: Buffer): Buffer {
    return bytes.length > this.#outbound.maximumPacketSize ? replies.withoutReason(bytes) : bytes;
  }

  #complete(type: number, bytes: Buffer): Buffer {
    if (type === CONNACK) {
      if (bytes[3] !== 0) return bytes;
      this.#accepted = true;
      return replies.completeConnack(bytes, this.version, this.connack);
    }
    if (type === SUBACK) return this.#completeSuback(bytes);
    return type === DISCONNECT ? replies.completeDisconnect(bytes) : bytes;
  }

  #completeSuback(bytes: Buffer): Buffer {
    const reasons = this.refusals.splice(0);
    if (this.version !== 5) return bytes;
    if (replies.refusesShared(bytes)) {
      reasons.push(SHARED);
      this.#options.rejected("not-allowed", this.title, SHARED);
    }
    return this.wantsReasons ? replies.completeSuback(bytes, reasons) : bytes;
  }

  #disconnect(reasonCode: number, text: string): Buffer | undefined {
    return this.version === 5 ? replies.disconnect(reasonCode, text) : undefined;
  }

  #violated({ rejection, message, reasonCode, answer }: Violation): void {
    this.#options.rejected(rejection, this.title, message);
    this.#close(answer ?? (this.#accepted ? this.#disconnect(reasonCode, message) : undefined));
    this.destroy();
  }

  #overflowed(qos: number): void {
    this.#options.rejected("over-limit", this.title, `reads too slowly: more than ${BACKLOG} bytes wait for it`);
    if (qos === 0) return;
    // what it does not get now waits in its session, if it has one
    this.#closing = true;
    this.stream.destroy();
  }

  /** Takes the client's part for a message that is too large for it [MQTT-3.1.2-25]. */
  #decline(packetId: number, qos: number): void {
    // PUBACK and PUBREC have no reason code for the size: table 3-4
    if (qos > 0)
      this.push(replies.acknowledgement(qos === 1 ? PUBACK : PUBREC, packetId, 5, REASON.unspecified, undefined));
  }

  #oversized(qos: number, topic: string, packetId: number): void {
    const problem = `a payload above ${this.#options.payload} bytes on ${topic}`;
    this.#options.rejected("too-large", this.title, problem);
    if (qos === 0) return;
    const text = this.wantsReasons ? problem : undefined;
    const type = qos === 1 ? PUBACK : PUBREC;
    this.#send(this.#fit(replies.acknowledgement(type, packetId, this.version, REASON.quotaExceeded, text)));
  }
}
