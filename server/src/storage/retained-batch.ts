import { putBytes, putText } from "../common/bytes.js";
import { FRAME_HEADER_BYTES, sealFrame } from "./log-format.js";

/**
 * Called with a retained message from the log. An empty payload deletes the topic's retained message.
 * @param extras encoded properties and expiry of MQTT 5.0
 */
export type RetainedMessageHandler = (topic: string, payload: Buffer, qos: number, extras?: Buffer) => void;

/** Initial size of the buffer of a batch, in bytes. The buffer grows when necessary. */
const INITIAL_BUFFER_BYTES = 16_384;
/** Maximum size of a buffer that is reused, in bytes. A larger buffer is released after its batch was written. */
const MAX_KEPT_BUFFER_BYTES = 1_048_576;

/** Bytes before each message: QoS (1), length of the topic in UTF-8 (2), length of extras and payload together (4). */
const MESSAGE_HEADER_BYTES = 7;
/** Largest number of UTF-8 bytes for one UTF-16 code unit. */
const MAX_UTF8_BYTES = 3;
/** Flag in the QoS byte of a message with MQTT 5.0 properties or an expiry time, which precede the payload. */
const EXTRAS_FLAG = 0x80;
/** Size of the length field before the extras, in bytes. */
const EXTRAS_LENGTH_BYTES = 4;

/** A batch of retained messages, encoded for the log in a buffer that is reused for each batch. */
export class RetainedBatch {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BUFFER_BYTES);
  #end = FRAME_HEADER_BYTES;

  get isEmpty(): boolean {
    return this.#end === FRAME_HEADER_BYTES;
  }

  add(...[topic, payload, qos, extras]: Parameters<RetainedMessageHandler>): void {
    const extrasLength = extras ? EXTRAS_LENGTH_BYTES + extras.length : 0;
    this.#reserve(MESSAGE_HEADER_BYTES + MAX_UTF8_BYTES * topic.length + extrasLength + payload.length);
    const bytes = this.#bytes;
    const at = this.#end;
    let next = putText(bytes, at + MESSAGE_HEADER_BYTES, topic);
    bytes[at] = extras ? qos | EXTRAS_FLAG : qos;
    bytes.writeUInt16LE(next - at - MESSAGE_HEADER_BYTES, at + 1);
    bytes.writeUInt32LE(extrasLength + payload.length, at + 3);
    if (extras) next = putBytes(bytes, bytes.writeUInt32LE(extras.length, next), extras);
    this.#end = putBytes(bytes, next, payload);
  }

  /** Returns the batch as a frame of the log. The frame is valid until the next `add`. */
  finish(): Buffer {
    return sealFrame(this.#bytes.subarray(0, this.#end));
  }

  /** Keeps only the latest message of each topic. */
  keepLatestMessages(): void {
    const latest = new Map<string, Parameters<RetainedMessageHandler>>();
    decodeMessages(Buffer.from(this.#bytes.subarray(FRAME_HEADER_BYTES, this.#end)), (...message) =>
      latest.set(message[0], message),
    );
    this.clear();
    for (const message of latest.values()) this.add(...message);
  }

  clear(): void {
    this.#end = FRAME_HEADER_BYTES;
    if (this.#bytes.length > MAX_KEPT_BUFFER_BYTES) this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BUFFER_BYTES);
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(2 * (this.#end + more));
    this.#bytes.copy(bytes, 0, 0, this.#end);
    this.#bytes = bytes;
  }
}

/** Decodes the messages of a batch, and calls `onMessage` with each of them in order. */
export function decodeMessages(bytes: Buffer, onMessage: RetainedMessageHandler): void {
  for (let at = 0; at < bytes.length;) {
    const topic = at + MESSAGE_HEADER_BYTES;
    const topicEnd = topic + bytes.readUInt16LE(at + 1);
    const end = topicEnd + bytes.readUInt32LE(at + 3);
    const hasExtras = (bytes[at] & EXTRAS_FLAG) !== 0;
    const payload = hasExtras ? topicEnd + EXTRAS_LENGTH_BYTES + bytes.readUInt32LE(topicEnd) : topicEnd;
    const extras = hasExtras ? bytes.subarray(topicEnd + EXTRAS_LENGTH_BYTES, payload) : undefined;
    const qos = bytes[at] & ~EXTRAS_FLAG;
    onMessage(bytes.toString("utf8", topic, topicEnd), bytes.subarray(payload, end), qos, ...(extras ? [extras] : []));
    at = end;
  }
}
