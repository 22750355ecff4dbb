import { checkConnect, checkFilters, checkPublish, ProtocolViolation } from "../mqtt/packet-checks.js";
import * as packet from "../mqtt/packets.js";
import { PacketScanner, REASON_CODE } from "../mqtt/packets.js";
import { ReceiveBuffer } from "./receive-buffer.js";
import { TokenBucket } from "./token-bucket.js";

/**
 * Size limit for skipping a PUBLISH, in bytes. The broker skips a PUBLISH that is too large to buffer, but closes the
 * connection above this limit. The value is Mosquitto's default for the largest packet since version 2.1.
 */
export const MAX_SKIPPED_PACKET_SIZE = 2_000_000;

/**
 * The largest number of bytes before the payload of a PUBLISH: topic name with length prefix, and packet identifier.
 */
const MAX_PUBLISH_HEADER_SIZE = 65_535 + 4;

/** How long to wait for new tokens when the token bucket is empty, in ms. */
const TOKEN_RETRY_DELAY = 10;

/** Returns the size of the largest packet to buffer, in bytes. @param payload the largest payload, in bytes */
export function maxPacketSize(payload: number): number {
  return payload + MAX_PUBLISH_HEADER_SIZE;
}

/** Callbacks of `InboundPackets`. */
export interface InboundHandlers {
  /** Receives complete, valid packets for aedes. */
  forward(bytes: Buffer): void;
  /** Called after dropping a PUBLISH that is too large. The handler acknowledges the message if `qos` is above 0. */
  oversized(qos: number, topic: string, packetId: number): void;
  /**
   * Called with the number of acknowledgements that the client will send. Acknowledgements do not count towards the
   * client's rate.
   */
  expect(count: number): void;
  /** Consumes one expected acknowledgement. @returns false when no acknowledgement is expected */
  takeExpected(): boolean;
  /** Called when the client has acknowledged a message with PUBACK, PUBCOMP or a failed PUBREC. */
  acknowledged(packetId: number): void;
  /** Called when the client has violated the protocol or a limit. The handler disconnects the client. */
  violated(violation: ProtocolViolation): void;
  /** Called every 10 ms while packets wait because the client exceeds its rate limit. */
  waiting(): void;
  /** Called when no packet waits any longer. The handler resumes reading from the socket. */
  ready(): void;
}

/**
 * Parses the bytes from one client into MQTT packets and makes checks that aedes lacks. Forwards complete packets to
 * aedes. Limits the client's rate with a token bucket.
 */
export class InboundPackets {
  readonly #handlers: InboundHandlers;
  readonly #payload: number;
  readonly #bucket: TokenBucket;
  readonly #scanner = new PacketScanner();
  readonly #buffer = new ReceiveBuffer();
  /** Number of bytes that the buffer must contain before parsing continues. */
  #needed = 2;
  #version = 0;
  /** Whether the broker has accepted the client. Until then, packets after CONNECT wait. */
  #open = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #ended = false;

  /** @param payload the largest payload, in bytes @param rate packets per second */
  constructor(payload: number, rate: number, handlers: InboundHandlers) {
    this.#payload = payload;
    this.#bucket = new TokenBucket(rate);
    this.#handlers = handlers;
  }

  /** Protocol version: 3, 4 or 5; 0 before CONNECT. */
  get version(): number {
    return this.#version;
  }

  /** Whether packets are waiting. While they wait, the caller should pause reading from the socket. */
  get isWaiting(): boolean {
    return this.#retryTimer !== undefined || (this.#version > 0 && !this.#open);
  }

  /** Buffers bytes from the socket and processes all complete packets. */
  receive(chunk: Buffer): void {
    if (this.#ended) return;
    this.#buffer.push(chunk);
    if (!this.isWaiting) this.#process();
  }

  /** Processes the packets that the client sent after CONNECT. Call this when the broker has accepted the client. */
  open(): void {
    this.#open = true;
    this.#resume();
  }

  /** Stops processing and discards buffered bytes. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#retryTimer);
    this.#buffer.clear();
  }

  #process(): void {
    const bytes = this.#buffer.read(this.#needed);
    if (!bytes) return;
    try {
      this.#buffer.keep(bytes, this.#processPackets(bytes));
    } catch (error) {
      this.end();
      this.#handlers.violated(
        error instanceof ProtocolViolation ? error : new ProtocolViolation((error as Error).message),
      );
    }
  }

  /** Processes all complete packets. @returns the offset of the first byte that was not processed */
  #processPackets(bytes: Buffer): number {
    const scanner = this.#scanner;
    let at = 0;
    /** Offset of the first packet that was checked but not yet passed to aedes. */
    let begin = 0;
    const forward = (): void => {
      if (at > begin) this.#handlers.forward(bytes.subarray(begin, at));
      begin = at;
    };
    this.#needed = 2;
    try {
      while (at < bytes.length && !this.#ended) {
        if (this.#version > 0 && !this.#open) break;
        // The first packet of a client must be CONNECT [MQTT-3.1.0-1].
        if (this.#version === 0 && bytes[at] >> 4 !== packet.CONNECT)
          throw new ProtocolViolation("the first packet is not CONNECT", REASON_CODE.protocolError);
        if (!scanner.readHeader(bytes, at)) {
          this.#needed = bytes.length - at + 1;
          break;
        }
        if (this.#isOversized(at)) {
          if (!this.#hasPublishHeader(bytes)) {
            this.#needed = bytes.length - at + 1;
            break;
          }
          forward();
          at = begin = this.#dropOversized(bytes);
          continue;
        }
        if (scanner.end > bytes.length) {
          this.#needed = scanner.end - at;
          break;
        }
        if (!this.#checkAndTakeTokens(bytes)) break;
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

  /**
   * Checks a complete packet and takes tokens for it from the token bucket.
   * @returns false when the packet has to wait for tokens
   */
  #checkAndTakeTokens(bytes: Buffer): boolean {
    const { type, first, body, end } = this.#scanner;
    if (this.#version === 0) {
      this.#version = checkConnect(bytes, this.#scanner);
      return true;
    }
    switch (type) {
      case packet.PUBLISH:
        if (!this.#takeTokens(1)) return false;
        if (((first >> 1) & 3) === 2) this.#handlers.expect(1);
        return true;
      case packet.PUBACK:
      case packet.PUBREC:
      case packet.PUBREL:
      case packet.PUBCOMP: {
        if (end - body < 2) throw new ProtocolViolation("an acknowledgement has no packet identifier");
        if (!this.#handlers.takeExpected() && !this.#takeTokens(1)) return false;
        const failed = end - body > 2 && bytes[body + 2] >= 0x80;
        if (type === packet.PUBACK || type === packet.PUBCOMP || (type === packet.PUBREC && failed))
          this.#handlers.acknowledged(bytes.readUInt16BE(body));
        return true;
      }
      case packet.SUBSCRIBE:
      case packet.UNSUBSCRIBE:
        return this.#takeTokens(checkFilters(bytes, this.#scanner, this.#version));
      case packet.PINGREQ:
        return this.#takeTokens(1);
      case packet.DISCONNECT:
        return true;
      case packet.CONNECT:
        // A client may send CONNECT only once [MQTT-3.1.0-2].
        throw new ProtocolViolation("a second CONNECT on one connection", REASON_CODE.protocolError);
      default:
        throw new ProtocolViolation(`a client cannot send packets of type ${type}`, REASON_CODE.protocolError);
    }
  }

  /**
   * Takes tokens from the token bucket.
   * @returns false when the bucket is empty; processing resumes when the bucket has tokens again
   */
  #takeTokens(count: number): boolean {
    if (this.#bucket.take(count)) return true;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#handlers.waiting();
      this.#resume();
    }, TOKEN_RETRY_DELAY);
    return false;
  }

  #resume(): void {
    this.#process();
    if (!this.isWaiting && !this.#ended) this.#handlers.ready();
  }

  #payloadLength(bytes: Buffer): number {
    return this.#scanner.end - checkPublish(bytes, this.#scanner, this.#version);
  }

  /**
   * Returns whether a packet is too large to buffer.
   * @throws ProtocolViolation when the packet is so large that the connection must end
   */
  #isOversized(at: number): boolean {
    const { type, end } = this.#scanner;
    const length = end - at;
    const largest = maxPacketSize(this.#payload);
    if (length <= largest) return false;
    // Skip a large PUBLISH only from older clients: MQTT 5.0 clients must respect the limit in CONNACK [MQTT-3.2.2-15].
    const maySkip =
      type === packet.PUBLISH && (this.#version === 3 || this.#version === 4) && length <= MAX_SKIPPED_PACKET_SIZE;
    if (maySkip) return true;
    throw new ProtocolViolation(
      `a packet of ${length} bytes; the most is ${largest}`,
      REASON_CODE.packetTooLarge,
      "too-large",
    );
  }

  /** Returns whether the buffer contains the topic name and the packet identifier of an oversized PUBLISH. */
  #hasPublishHeader(bytes: Buffer): boolean {
    const { body } = this.#scanner;
    return bytes.length >= body + 2 && bytes.length >= body + 4 + bytes.readUInt16BE(body);
  }

  /** Drops an oversized PUBLISH, including bytes that have not arrived yet. @returns the offset of the next packet */
  #dropOversized(bytes: Buffer): number {
    checkPublish(bytes, this.#scanner, this.#version);
    this.#reportOversized(bytes);
    this.#buffer.skip(Math.max(0, this.#scanner.end - bytes.length));
    return Math.min(this.#scanner.end, bytes.length);
  }

  #reportOversized(bytes: Buffer): void {
    const { first, body } = this.#scanner;
    const topicEnd = body + 2 + bytes.readUInt16BE(body);
    const qos = (first >> 1) & 3;
    const packetId = qos > 0 ? bytes.readUInt16BE(topicEnd) : 0;
    this.#handlers.oversized(qos, bytes.toString("utf8", body + 2, topicEnd), packetId);
  }
}
