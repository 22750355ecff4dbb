import { checkConnect, checkFilters, checkPublish, Violation } from "../mqtt/packet-checks.js";
import * as packet from "../mqtt/packets.js";
import { PacketScanner, REASON } from "../mqtt/packets.js";
import { TokenBucket } from "./token-bucket.js";

/**
 * The largest PUBLISH that is read and dropped instead of ending the connection, in bytes: Mosquitto's default for the
 * largest packet since 2.1.
 */
export const MAX_PACKET = 2_000_000;

/** The most that precedes the payload of a PUBLISH, in bytes: the longest topic name and a packet identifier. */
const LONGEST_HEADER = 65_535 + 4;

/** Pause before the token bucket is tried again, in ms. */
const RETRY = 10;

/** The largest packet that is buffered where payloads have at most `payload` bytes. */
export function largestPacket(payload: number): number {
  return payload + LONGEST_HEADER;
}

export interface InboundHandlers {
  /** Passes whole, valid packets to aedes. */
  forward(bytes: Buffer): void;
  /** A PUBLISH was dropped because of its size; it must be acknowledged all the same. */
  oversized(qos: number, topic: string, packetId: number): void;
  /** The client is going to send that many acknowledgements, which are free. */
  expect(count: number): void;
  /** Takes one of the acknowledgements that are expected; false when there is none. */
  spend(): boolean;
  /** The client has acknowledged a message, or ended its delivery. */
  acknowledged(packetId: number): void;
  /** The client must be disconnected. */
  violated(violation: Violation): void;
  /** Packets have waited for `RETRY`. */
  waiting(): void;
  /** Nothing waits any more: the socket can be read again. */
  ready(): void;
}

/**
 * What one client sends, as bytes: splits it into packets, checks what aedes does not check, slows the client down to its
 * rate, and passes whole packets on.
 */
export class Inbound {
  readonly #to: InboundHandlers;
  readonly #payload: number;
  readonly #bucket: TokenBucket;
  readonly #scanner = new PacketScanner();
  /** Bytes that have not been processed: an incomplete packet, or packets that have to wait. */
  #chunks: Buffer[] = [];
  #length = 0;
  /** How much must be there before it makes sense to look again, in bytes. */
  #needed = 2;
  /** Bytes of an oversized PUBLISH that are still to be skipped. */
  #skipping = 0;
  #version = 0;
  /** The client is connected, so that packets behind CONNECT may be processed. */
  #open = false;
  #paused: NodeJS.Timeout | undefined;
  #ended = false;

  /** @param payload the largest payload, in bytes @param rate packets per second */
  constructor(payload: number, rate: number, to: InboundHandlers) {
    this.#payload = payload;
    this.#bucket = new TokenBucket(rate);
    this.#to = to;
  }

  /** 3, 4 or 5; 0 before CONNECT. */
  get version(): number {
    return this.#version;
  }

  /** Whether packets wait, so that nothing more should be read from the socket. */
  get waiting(): boolean {
    return this.#paused !== undefined || (this.#version > 0 && !this.#open);
  }

  /** Processes what the socket has brought. */
  receive(chunk: Buffer): void {
    if (this.#ended) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (!this.waiting) this.#process();
  }

  /** The client is connected: what it sent behind CONNECT is processed. */
  open(): void {
    this.#open = true;
    this.#resume();
  }

  /** Nothing more is processed. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#paused);
    this.#chunks = [];
  }

  #process(): void {
    if (this.#skipping > 0) this.#skip();
    if (this.#length < this.#needed || this.#skipping > 0) return;
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    try {
      this.#keep(bytes, this.#processPackets(bytes));
    } catch (error) {
      this.end();
      this.#to.violated(error instanceof Violation ? error : new Violation((error as Error).message));
    }
  }

  #keep(bytes: Buffer, from: number): void {
    const rest = Math.max(0, bytes.length - from);
    this.#chunks = rest > 0 ? [bytes.subarray(from)] : [];
    this.#length = rest;
  }

  /** @returns where the first byte is that was not processed */
  #processPackets(bytes: Buffer): number {
    const scanner = this.#scanner;
    let at = 0;
    /** Where the packets begin that are valid and not passed on yet. */
    let begin = 0;
    const forward = (): void => {
      if (at > begin) this.#to.forward(bytes.subarray(begin, at));
      begin = at;
    };
    this.#needed = 2;
    try {
      while (at < bytes.length && !this.#ended) {
        if (this.#version > 0 && !this.#open) break;
        // [MQTT-3.1.0-1]
        if (this.#version === 0 && bytes[at] >> 4 !== packet.CONNECT)
          throw new Violation("the first packet is not CONNECT", REASON.protocolError);
        if (!scanner.read(bytes, at)) {
          this.#needed = bytes.length - at + 1;
          break;
        }
        if (this.#isOversized(at)) {
          if (!this.#headerIsThere(bytes)) {
            this.#needed = bytes.length - at + 1;
            break;
          }
          forward();
          at = begin = this.#drop(bytes);
          continue;
        }
        if (scanner.end > bytes.length) {
          this.#needed = scanner.end - at;
          break;
        }
        if (!this.#admit(bytes)) break;
        const payload = scanner.type === packet.PUBLISH ? this.#payloadLength(bytes) : 0;
        if (payload > this.#payload) {
          forward();
          this.#reportOversized(bytes);
          at = begin = scanner.end;
        } else at = scanner.end;
      }
    } finally {
      forward();
    }
    return at;
  }

  /** Checks a whole packet and takes its price; false when it has to wait. */
  #admit(bytes: Buffer): boolean {
    const { type, first, body, end } = this.#scanner;
    if (this.#version === 0) {
      this.#version = checkConnect(bytes, this.#scanner);
      return true;
    }
    switch (type) {
      case packet.PUBLISH:
        if (!this.#pay(1)) return false;
        if (((first >> 1) & 3) === 2) this.#to.expect(1);
        return true;
      case packet.PUBACK:
      case packet.PUBREC:
      case packet.PUBREL:
      case packet.PUBCOMP: {
        if (end - body < 2) throw new Violation("an acknowledgement has no packet identifier");
        if (!this.#to.spend() && !this.#pay(1)) return false;
        const failed = end - body > 2 && bytes[body + 2] >= 0x80;
        if (type === packet.PUBACK || type === packet.PUBCOMP || (type === packet.PUBREC && failed))
          this.#to.acknowledged(bytes.readUInt16BE(body));
        return true;
      }
      case packet.SUBSCRIBE:
      case packet.UNSUBSCRIBE:
        return this.#pay(checkFilters(bytes, this.#scanner, this.#version));
      case packet.PINGREQ:
        return this.#pay(1);
      case packet.DISCONNECT:
        return true;
      case packet.CONNECT:
        // [MQTT-3.1.0-2]
        throw new Violation("a second CONNECT on one connection", REASON.protocolError);
      default:
        throw new Violation(`a client cannot send packets of type ${type}`, REASON.protocolError);
    }
  }

  #pay(count: number): boolean {
    if (this.#bucket.take(count)) return true;
    this.#paused = setTimeout(() => {
      this.#paused = undefined;
      this.#to.waiting();
      this.#resume();
    }, RETRY);
    return false;
  }

  #resume(): void {
    this.#process();
    if (!this.waiting && !this.#ended) this.#to.ready();
  }

  #payloadLength(bytes: Buffer): number {
    return this.#scanner.end - checkPublish(bytes, this.#scanner, this.#version);
  }

  /** Whether the packet is too large to be buffered. @throws Violation where that ends the connection */
  #isOversized(at: number): boolean {
    const { type, end } = this.#scanner;
    const length = end - at;
    const largest = largestPacket(this.#payload);
    if (length <= largest) return false;
    // MQTT 5.0 clients know the limit: it is in CONNACK [MQTT-3.2.2-15]
    const mayBeDropped =
      type === packet.PUBLISH && (this.#version === 3 || this.#version === 4) && length <= MAX_PACKET;
    if (mayBeDropped) return true;
    throw new Violation(`a packet of ${length} bytes; the most is ${largest}`, REASON.packetTooLarge, "too-large");
  }

  /** Whether topic name and packet identifier of an oversized PUBLISH are in the buffer. */
  #headerIsThere(bytes: Buffer): boolean {
    const { body } = this.#scanner;
    return bytes.length >= body + 2 && bytes.length >= body + 4 + bytes.readUInt16BE(body);
  }

  /** Drops an oversized PUBLISH as far as it has come. @returns where the next packet begins, or the end of the buffer */
  #drop(bytes: Buffer): number {
    checkPublish(bytes, this.#scanner, this.#version);
    this.#reportOversized(bytes);
    this.#skipping = Math.max(0, this.#scanner.end - bytes.length);
    return Math.min(this.#scanner.end, bytes.length);
  }

  #reportOversized(bytes: Buffer): void {
    const { first, body } = this.#scanner;
    const topicEnd = body + 2 + bytes.readUInt16BE(body);
    const qos = (first >> 1) & 3;
    const packetId = qos > 0 ? bytes.readUInt16BE(topicEnd) : 0;
    this.#to.oversized(qos, bytes.toString("utf8", body + 2, topicEnd), packetId);
  }

  /** Skips what follows of an oversized PUBLISH. */
  #skip(): void {
    while (this.#skipping > 0 && this.#chunks.length > 0) {
      const chunk = this.#chunks[0];
      const count = Math.min(this.#skipping, chunk.length);
      this.#skipping -= count;
      this.#length -= count;
      if (count === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(count);
    }
  }
}
