import mqttPacket, { type Packet } from "mqtt-packet";

/** Maximum number of bytes to buffer for one packet. The rest of a larger PUBLISH is skipped. */
export const MAX_BUFFERED_BYTES = 131_072;

/** Callbacks of `PacketReader`. */
export interface PacketHandlers {
  /** Called for each PUBLISH. `packetId` is 0 at QoS 0. */
  onPublish(topic: string, payload: Buffer, retained: boolean, qos: number, packetId: number): void;
  /** Called for each PUBACK. A `reasonCode` of 128 or more (MQTT 5) means that the broker refused the message. */
  onPuback(packetId: number, reasonCode: number): void;
  /** Called for every other packet. */
  onPacket(packet: Packet): void;
}

/** RETAIN flag of PUBLISH (MQTT 3.1.1, 3.3.1). */
const RETAIN_FLAG = 1;
/** Mask of the QoS bits of PUBLISH (MQTT 3.1.1, 3.3.1). */
const QOS_MASK = 6;

/**
 * Incremental parser for packets from a broker: accepts chunks of any size. The frequent packets PUBLISH and PUBACK are
 * decoded here for speed, all others by mqtt-packet.
 */
export class PacketReader {
  readonly #version: 4 | 5;
  readonly #handlers: PacketHandlers;
  readonly #parser: ReturnType<typeof mqttPacket.parser>;
  /** Chunks of an incomplete packet. */
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  /** Number of bytes that must be buffered before parsing can go on. */
  #neededBytes = 0;
  /** Number of bytes of an oversized PUBLISH that are still to be skipped. */
  #bytesToSkip = 0;
  #parseError: Error | undefined;

  constructor(version: 4 | 5, handlers: PacketHandlers) {
    this.#version = version;
    this.#handlers = handlers;
    this.#parser = mqttPacket.parser({ protocolVersion: version });
    this.#parser.on("packet", (packet) => handlers.onPacket(packet));
    this.#parser.on("error", (error) => (this.#parseError = error));
  }

  /** Parses the next chunk. @throws Error for invalid MQTT; close the connection then */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#bytesToSkip > 0) {
      const skipped = Math.min(this.#bytesToSkip, bytes.length);
      this.#bytesToSkip -= skipped;
      bytes = bytes.subarray(skipped);
    }
    if (this.#bufferedBytes > 0) {
      this.#chunks.push(bytes);
      this.#bufferedBytes += bytes.length;
      if (this.#bufferedBytes < this.#neededBytes) return;
      bytes = Buffer.concat(this.#chunks, this.#bufferedBytes);
      this.#chunks = [];
      this.#bufferedBytes = 0;
    }
    let at = 0;
    while (at < bytes.length) {
      const body = findEndOfRemainingLength(bytes, at);
      const length = body && decodeRemainingLength(bytes, at, body);
      const end = body + length;
      // `body` is 0 while the remaining length is incomplete
      if (body > 0 && end <= bytes.length) this.#decode(bytes, at, body, end);
      else if (body > 0 && end - at > MAX_BUFFERED_BYTES && bytes.length - at >= MAX_BUFFERED_BYTES) {
        if (bytes[at] >> 4 !== 3) throw new Error(`a packet of ${end - at} bytes`);
        this.#bytesToSkip = end - bytes.length;
        return this.#decode(bytes, at, body, bytes.length);
      } else {
        this.#chunks = [bytes.subarray(at)];
        this.#bufferedBytes = bytes.length - at;
        this.#neededBytes = body > 0 ? Math.min(end - at, MAX_BUFFERED_BYTES) : this.#bufferedBytes + 1;
        return;
      }
      at = end;
    }
  }

  #decode(bytes: Buffer, at: number, body: number, end: number): void {
    const first = bytes[at];
    if (first >> 4 === 3) return this.#decodePublish(first, bytes, body, end);
    if (first === 0x40 && end - body >= 2) {
      const reasonCode = end - body > 2 ? bytes[body + 2] : 0;
      return this.#handlers.onPuback((bytes[body] << 8) | bytes[body + 1], reasonCode);
    }
    this.#parser.parse(bytes.subarray(at, end));
    if (this.#parseError) throw this.#parseError;
  }

  #decodePublish(first: number, bytes: Buffer, body: number, end: number): void {
    const qos = (first & QOS_MASK) >> 1;
    let at = body + 2;
    const topicEnd = at + ((bytes[body] << 8) | bytes[body + 1]);
    const topic = bytes.toString("utf8", at, topicEnd);
    at = topicEnd;
    let packetId = 0;
    if (qos > 0) {
      packetId = (bytes[at] << 8) | bytes[at + 1];
      at += 2;
    }
    if (this.#version === 5) {
      const properties = findEndOfRemainingLength(bytes, at - 1);
      at = properties > 0 ? properties + decodeRemainingLength(bytes, at - 1, properties) : NaN;
    }
    // reject QoS 3 [MQTT-3.3.1-4] and identifier 0 [MQTT-2.3.1-1]; `!(at <= end)` is also true for NaN
    if (!(at <= end) || qos === 3 || (qos > 0 && packetId === 0)) throw new Error("a malformed PUBLISH");
    this.#handlers.onPublish(topic, bytes.subarray(at, end), (first & RETAIN_FLAG) !== 0, qos, packetId);
  }
}

/**
 * Finds the end of the "remaining length" that follows the byte at `at` (MQTT 3.1.1, 2.2.3).
 * @returns the offset of the byte after the length; 0 when the length is incomplete
 * @throws Error when the length has more than four bytes
 */
function findEndOfRemainingLength(bytes: Buffer, at: number): number {
  for (let end = at + 1; end <= at + 4; end++) {
    if (end >= bytes.length) return 0;
    if (bytes[end] < 128) return end + 1;
  }
  throw new Error("a length of more than four bytes");
}

/** Decodes the remaining length between the byte at `at` and `end`. */
function decodeRemainingLength(bytes: Buffer, at: number, end: number): number {
  let length = 0;
  for (let i = end - 1; i > at; i--) length = length * 128 + (bytes[i] & 127);
  return length;
}
