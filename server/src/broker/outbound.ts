import { Acknowledgements } from "./acknowledgement-queue.js";
import * as packet from "../mqtt/packets.js";
import { PacketScanner } from "../mqtt/packets.js";

/** How much may wait in memory for one client that does not read, in bytes. */
export const BACKLOG = 4_194_304;

export interface OutboundHandlers {
  /** Writes to the client's socket. */
  write(bytes: Buffer): void;
  /** How much the socket has not sent yet, in bytes. */
  backlog(): number;
  /** A packet that aedes wants to send in another form: CONNACK, PUBACK, PUBREC, SUBACK and DISCONNECT. */
  complete(type: number, bytes: Buffer): Buffer;
  /** Whether this PINGRESP answers a PINGREQ that the client has not sent. */
  swallowPingresp(): boolean;
  /** The client will acknowledge a message of this QoS. */
  sending(qos: number): void;
  /** The client reads too slowly: a message of QoS 0 was left out, or the connection must end. */
  overflowed(qos: number): void;
  /** The client does not accept a message of this size; it counts as delivered [MQTT-3.1.2-25]. */
  tooLarge(packetId: number, qos: number): void;
}

/** What aedes sends to one client, as bytes: bounds how much of it is on its way, and keeps acknowledgements back. */
export class Outbound {
  readonly acknowledgements = new Acknowledgements((bytes) => this.#to.write(bytes));
  /** Messages of QoS 1 and 2 on their way at most (MQTT 5.0, 3.1.2.11.3). */
  receiveMaximum = Infinity;
  /** The largest packet that the client accepts, in bytes (MQTT 5.0, 3.1.2.11.4). */
  maximumPacketSize = Infinity;
  readonly #to: OutboundHandlers;
  readonly #scanner = new PacketScanner();
  /** Packet identifiers of messages that are on their way. */
  readonly #inFlight = new Set<number>();
  /** Messages that wait until others were acknowledged. */
  readonly #waiting: { readonly id: number; readonly bytes: Buffer }[] = [];
  #waitingBytes = 0;

  constructor(to: OutboundHandlers) {
    this.#to = to;
  }

  /** Sends whole packets, in order. */
  send(bytes: Buffer): void {
    const scanner = this.#scanner;
    /** Where the packets begin that are to be written as they are. */
    let begin = 0;
    let at = 0;
    while (at < bytes.length && scanner.read(bytes, at)) {
      const { end } = scanner;
      if (!this.#passes(bytes, at)) {
        if (at > begin) this.#to.write(bytes.subarray(begin, at));
        begin = end;
        this.#handle(bytes.subarray(at, end));
      }
      at = end;
    }
    if (at > begin) this.#to.write(bytes.subarray(begin, at));
  }

  /** The client acknowledged a message, or ended its delivery. */
  acknowledged(packetId: number): void {
    if (!this.#inFlight.delete(packetId)) return;
    while (this.#waiting.length > 0 && this.#inFlight.size < this.receiveMaximum) {
      const { id, bytes } = this.#waiting.shift()!;
      this.#waitingBytes -= bytes.length;
      this.#inFlight.add(id);
      this.#to.write(bytes);
    }
  }

  /** Whether a packet can be written as it is, together with those around it. */
  #passes(bytes: Buffer, at: number): boolean {
    const { first, type, body, end } = this.#scanner;
    switch (type) {
      case packet.PUBLISH: {
        const qos = (first >> 1) & 3;
        if (end - at > this.maximumPacketSize || this.#to.backlog() > BACKLOG) return false;
        if (qos === 0) return true;
        if (this.#waiting.length > 0 || this.#inFlight.size >= this.receiveMaximum) return false;
        this.#begin(bytes.readUInt16BE(body + 2 + bytes.readUInt16BE(body)), qos);
        return true;
      }
      case packet.PUBACK:
      case packet.PUBREC:
        return this.acknowledgements.isEmpty && end - at <= this.maximumPacketSize;
      case packet.PINGRESP:
        return !this.#to.swallowPingresp();
      case packet.CONNACK:
      case packet.SUBACK:
      case packet.DISCONNECT:
        return false;
      default:
        return true;
    }
  }

  /** Deals with one packet that cannot be written as it is. */
  #handle(bytes: Buffer): void {
    const { first, type } = this.#scanner;
    const body = this.#scanner.body - (this.#scanner.end - bytes.length);
    if (type === packet.PINGRESP) return;
    if (type === packet.PUBACK || type === packet.PUBREC) {
      this.acknowledgements.send(bytes.readUInt16BE(body), this.#to.complete(type, bytes));
      return;
    }
    if (type !== packet.PUBLISH) {
      this.#to.write(this.#to.complete(type, bytes));
      return;
    }
    const qos = (first >> 1) & 3;
    const id = qos > 0 ? bytes.readUInt16BE(body + 2 + bytes.readUInt16BE(body)) : 0;
    if (bytes.length > this.maximumPacketSize) this.#to.tooLarge(id, qos);
    else if (this.#to.backlog() + this.#waitingBytes > BACKLOG) this.#to.overflowed(qos);
    else {
      this.#to.sending(qos);
      this.#waiting.push({ id, bytes });
      this.#waitingBytes += bytes.length;
    }
  }

  #begin(id: number, qos: number): void {
    this.#inFlight.add(id);
    this.#to.sending(qos);
  }
}
