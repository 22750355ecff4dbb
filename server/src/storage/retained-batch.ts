import { putBytes, putText } from "../common/bytes.js";
import { FRAME, sealFrame } from "./log-format.js";

/** A retained message in the log; one without a payload is no longer retained. @param extras what MQTT 5.0 adds to it */
export type Logged = (topic: string, payload: Buffer, qos: number, extras?: Buffer) => void;

/** To begin with, in bytes. */
const ROOM = 16_384;
/** More is given back once it is written, in bytes. */
const KEPT = 1_048_576;

/** Before a message: QoS, length of the topic in UTF-8, length of the payload. */
const MESSAGE = 7;
/** A UTF-16 unit has up to so many bytes in UTF-8. */
const UTF8 = 3;
/** Set in the byte with the QoS where extras precede the payload: their length in four bytes, then they themselves. */
const HAS_EXTRAS = 0x80;
const EXTRAS_LENGTH = 4;

/** Messages that go into the log at once, in the bytes that are written: used again for batch after batch. */
export class RetainedBatch {
  #bytes = Buffer.allocUnsafeSlow(ROOM);
  #end = FRAME;

  get isEmpty(): boolean {
    return this.#end === FRAME;
  }

  add(...[topic, payload, qos, extras]: Parameters<Logged>): void {
    const extrasLength = extras ? EXTRAS_LENGTH + extras.length : 0;
    this.#room(MESSAGE + UTF8 * topic.length + extrasLength + payload.length);
    const bytes = this.#bytes;
    const at = this.#end;
    let next = putText(bytes, at + MESSAGE, topic);
    bytes[at] = extras ? qos | HAS_EXTRAS : qos;
    bytes.writeUInt16LE(next - at - MESSAGE, at + 1);
    bytes.writeUInt32LE(extrasLength + payload.length, at + 3);
    if (extras) next = putBytes(bytes, bytes.writeUInt32LE(extras.length, next), extras);
    this.#end = putBytes(bytes, next, payload);
  }

  /** As it is to be written; valid until something is added. */
  finish(): Buffer {
    return sealFrame(this.#bytes.subarray(0, this.#end));
  }

  /** Of messages on the same topic the latest alone stays. */
  keepLatest(): void {
    const latest = new Map<string, Parameters<Logged>>();
    readMessages(Buffer.from(this.#bytes.subarray(FRAME, this.#end)), (...message) => latest.set(message[0], message));
    this.clear();
    for (const message of latest.values()) this.add(...message);
  }

  clear(): void {
    this.#end = FRAME;
    if (this.#bytes.length > KEPT) this.#bytes = Buffer.allocUnsafeSlow(ROOM);
  }

  #room(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(2 * (this.#end + more));
    this.#bytes.copy(bytes, 0, 0, this.#end);
    this.#bytes = bytes;
  }
}

/** Passes on the messages of a batch, in order. */
export function readMessages(bytes: Buffer, logged: Logged): void {
  for (let at = 0; at < bytes.length;) {
    const topic = at + MESSAGE;
    const topicEnd = topic + bytes.readUInt16LE(at + 1);
    const end = topicEnd + bytes.readUInt32LE(at + 3);
    const hasExtras = (bytes[at] & HAS_EXTRAS) !== 0;
    const payload = hasExtras ? topicEnd + EXTRAS_LENGTH + bytes.readUInt32LE(topicEnd) : topicEnd;
    const extras = hasExtras ? bytes.subarray(topicEnd + EXTRAS_LENGTH, payload) : undefined;
    const qos = bytes[at] & ~HAS_EXTRAS;
    logged(bytes.toString("utf8", topic, topicEnd), bytes.subarray(payload, end), qos, ...(extras ? [extras] : []));
    at = end;
  }
}
