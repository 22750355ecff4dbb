import { AcknowledgementQueue } from "./acknowledgement-queue.js";
import * as packet from "../mqtt/packets.js";
import { PacketScanner } from "../mqtt/packets.js";

/**
 * Maximum number of unsent bytes for a slow client. Above this limit, a message of QoS 0 is dropped, and a message of
 * QoS 1 or 2 ends the connection.
 */
export const MAX_UNSENT_BYTES = 4_194_304;

/** Callbacks of `OutboundPackets`. */
export interface OutboundHandlers {
  /** Writes to the client's socket. */
  write(bytes: Buffer): void;
  /** Returns the number of bytes that the socket has not sent. */
  backlog(): number;
  /** Adds missing fields to a CONNACK, PUBACK, PUBREC, SUBACK or DISCONNECT packet of aedes. */
  complete(type: number, bytes: Buffer): Buffer;
  /** Writes a SUBACK or UNSUBACK when the changes of subscriptions that it confirms are stored. */
  sendWhenStored(bytes: Buffer): void;
  /** Returns whether to drop a PINGRESP, because this server and not the client sent the PINGREQ. */
  swallowPingresp(): boolean;
  /** Called for each message of QoS 1 or 2. The client answers with `qos` packets, which its rate limit ignores. */
  sending(qos: number): void;
  /**
   * Called when the unsent bytes exceed `MAX_UNSENT_BYTES`. A message of QoS 0 was dropped. For QoS 1 or 2, the handler
   * must end the connection.
   */
  overflowed(qos: number): void;
  /**
   * Called for a message above the client's maximum packet size. Such a message counts as delivered [MQTT-3.1.2-25].
   */
  tooLarge(packetId: number, qos: number): void;
}

/**
 * Flow control for the packets that aedes sends to one client. Respects Receive Maximum and Maximum Packet Size, limits
 * unsent bytes, and holds back acknowledgements.
 */
export class OutboundPackets {
  readonly acknowledgements = new AcknowledgementQueue((bytes) => this.#handlers.write(bytes));
  /**
   * Receive Maximum: maximum number of inflight messages of QoS 1 and 2 (MQTT 5.0, 3.1.2.11.3). Further messages wait.
   */
  receiveMaximum = Infinity;
  /** Maximum Packet Size of the client, in bytes (MQTT 5.0, 3.1.2.11.4). Larger messages are dropped. */
  maximumPacketSize = Infinity;
  readonly #handlers: OutboundHandlers;
  readonly #scanner = new PacketScanner();
  /** Packet identifiers of messages that were sent but not yet acknowledged. */
  readonly #inflight = new Set<number>();
  /** Messages that wait because the receive maximum is reached. */
  readonly #waiting: { readonly id: number; readonly bytes: Buffer }[] = [];
  #waitingBytes = 0;

  constructor(handlers: OutboundHandlers) {
    this.#handlers = handlers;
  }

  /** Sends packets to the client in their order. @param bytes one or more whole packets */
  send(bytes: Buffer): void {
    const scanner = this.#scanner;
    /** Offset of the first packet that was not written yet. */
    let begin = 0;
    let at = 0;
    while (at < bytes.length && scanner.readHeader(bytes, at)) {
      const { end } = scanner;
      if (!this.#passes(bytes, at)) {
        if (at > begin) this.#handlers.write(bytes.subarray(begin, at));
        begin = end;
        this.#handle(bytes.subarray(at, end));
      }
      at = end;
    }
    if (at > begin) this.#handlers.write(bytes.subarray(begin, at));
  }

  /**
   * Records that the client has acknowledged a message with PUBACK, PUBCOMP or a failed PUBREC. Sends waiting messages.
   */
  recordAcknowledgement(packetId: number): void {
    if (!this.#inflight.delete(packetId)) return;
    while (this.#waiting.length > 0 && this.#inflight.size < this.receiveMaximum) {
      const { id, bytes } = this.#waiting.shift()!;
      this.#waitingBytes -= bytes.length;
      this.#inflight.add(id);
      this.#handlers.write(bytes);
    }
  }

  /** Returns whether a packet can be written at once and without changes. */
  #passes(bytes: Buffer, at: number): boolean {
    const { first, type, body, end } = this.#scanner;
    switch (type) {
      case packet.PUBLISH: {
        const qos = (first >> 1) & 3;
        if (end - at > this.maximumPacketSize || this.#handlers.backlog() > MAX_UNSENT_BYTES) return false;
        if (qos === 0) return true;
        if (this.#waiting.length > 0 || this.#inflight.size >= this.receiveMaximum) return false;
        this.#startDelivery(bytes.readUInt16BE(body + 2 + bytes.readUInt16BE(body)), qos);
        return true;
      }
      case packet.PUBACK:
      case packet.PUBREC:
        return this.acknowledgements.isEmpty && end - at <= this.maximumPacketSize;
      case packet.PINGRESP:
        return !this.#handlers.swallowPingresp();
      case packet.CONNACK:
      case packet.SUBACK:
      case packet.UNSUBACK:
      case packet.DISCONNECT:
        return false;
      default:
        return true;
    }
  }

  /** Delays, changes or drops one packet that `#passes` does not allow to be written unchanged. */
  #handle(bytes: Buffer): void {
    const { first, type } = this.#scanner;
    const body = this.#scanner.body - (this.#scanner.end - bytes.length);
    if (type === packet.PINGRESP) return;
    if (type === packet.PUBACK || type === packet.PUBREC) {
      this.acknowledgements.send(bytes.readUInt16BE(body), this.#handlers.complete(type, bytes));
      return;
    }
    if (type !== packet.PUBLISH) {
      const completed = this.#handlers.complete(type, bytes);
      if (type === packet.SUBACK || type === packet.UNSUBACK) this.#handlers.sendWhenStored(completed);
      else this.#handlers.write(completed);
      return;
    }
    const qos = (first >> 1) & 3;
    const id = qos > 0 ? bytes.readUInt16BE(body + 2 + bytes.readUInt16BE(body)) : 0;
    if (bytes.length > this.maximumPacketSize) this.#handlers.tooLarge(id, qos);
    else if (this.#handlers.backlog() + this.#waitingBytes > MAX_UNSENT_BYTES) this.#handlers.overflowed(qos);
    else {
      this.#handlers.sending(qos);
      this.#waiting.push({ id, bytes });
      this.#waitingBytes += bytes.length;
    }
  }

  #startDelivery(id: number, qos: number): void {
    this.#inflight.add(id);
    this.#handlers.sending(qos);
  }
}
