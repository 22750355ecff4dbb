import { crc32 } from "node:zlib";
import { putBytes, putText } from "../bytes.js";

/** A retained message as it is in the log; one without a payload is no longer retained. */
export type Logged = (topic: string, payload: Buffer, qos: number) => void;

/** To begin with, in bytes. */
const ROOM = 16_384;
/** More is given back once it is written, in bytes. */
const KEPT = 1_048_576;

/** Before a batch: the checksum of the rest, and its length. */
const BATCH = 8;
/** Before a message: QoS, length of the topic in UTF-8, length of the payload. */
const MESSAGE = 7;
/** A UTF-16 unit has up to so many bytes in UTF-8. */
const UTF8 = 3;

/** Messages that go into the log at once, in the bytes that are written: used again for batch after batch. */
export class RetainedBatch {
  #bytes = Buffer.allocUnsafeSlow(ROOM);
  #end = BATCH;

  get isEmpty(): boolean {
    return this.#end === BATCH;
  }

  add(topic: string, payload: Buffer, qos: number): void {
    this.#room(MESSAGE + UTF8 * topic.length + payload.length);
    const bytes = this.#bytes;
    const at = this.#end;
    const topicEnd = putText(bytes, at + MESSAGE, topic);
    bytes[at] = qos;
    bytes.writeUInt16LE(topicEnd - at - MESSAGE, at + 1);
    bytes.writeUInt32LE(payload.length, at + 3);
    this.#end = putBytes(bytes, topicEnd, payload);
  }

  /** As it is to be written; valid until something is added. */
  finish(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#end);
    bytes.writeUInt32LE(crc32(bytes.subarray(BATCH)), 0);
    bytes.writeUInt32LE(this.#end - BATCH, 4);
    return bytes;
  }

  /** Of messages on the same topic the latest alone stays. */
  keepLatest(): void {
    const latest = new Map<string, Parameters<Logged>>();
    readMessages(Buffer.from(this.#bytes.subarray(BATCH, this.#end)), (...message) => latest.set(message[0], message));
    this.clear();
    for (const message of latest.values()) this.add(...message);
  }

  clear(): void {
    this.#end = BATCH;
    if (this.#bytes.length > KEPT) this.#bytes = Buffer.allocUnsafeSlow(ROOM);
  }

  #room(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(2 * (this.#end + more));
    this.#bytes.copy(bytes, 0, 0, this.#end);
    this.#bytes = bytes;
  }
}

/** Tells what is in a file of batches, in order. Of one that was cut short nothing counts, nor what follows it. */
export function readBatches(file: Buffer, logged: Logged): void {
  for (let at = 0; at + BATCH <= file.length;) {
    const begin = at + BATCH;
    const end = begin + file.readUInt32LE(at + 4);
    const messages = file.subarray(begin, end);
    if (end > file.length || crc32(messages) !== file.readUInt32LE(at)) return;
    readMessages(messages, logged);
    at = end;
  }
}

function readMessages(bytes: Buffer, logged: Logged): void {
  for (let at = 0; at < bytes.length;) {
    const topic = at + MESSAGE;
    const payload = topic + bytes.readUInt16LE(at + 1);
    const end = payload + bytes.readUInt32LE(at + 3);
    logged(bytes.toString("utf8", topic, payload), bytes.subarray(payload, end), bytes[at]);
    at = end;
  }
}
