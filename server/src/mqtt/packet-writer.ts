import type { Duplex } from "node:stream";
import { DUP, publishRoom, QOS_1, RETAIN, writePublish } from "./publish.js";

/** The size of the pieces that packets are gathered in, in bytes. */
const PIECE = 65_536;

/**
 * Packets on their way to a broker: those of one turn of the event loop leave in one write, because a system call costs
 * many times what a packet does. PUBLISH and PUBACK are written here by hand: with each reading comes one of either.
 */
export class Output {
  readonly #stream: Duplex;
  /** MQTT 5, where a PUBLISH has properties: none of ours has any. */
  readonly #properties: boolean;
  #piece = Buffer.allocUnsafeSlow(PIECE);
  /** What of the piece was handed over, and what is filled. */
  #start = 0;
  #end = 0;
  #due = false;

  constructor(stream: Duplex, version: 4 | 5) {
    this.#stream = stream;
    this.#properties = version === 5;
  }

  /** PUBLISH at QoS 1. */
  publish(id: number, topic: string, payload: Buffer, retain: boolean, dup: boolean): void {
    const to = this.#room(publishRoom(topic, payload));
    const flags = QOS_1 | (dup ? DUP : 0) | (retain ? RETAIN : 0);
    this.#end = writePublish(to, this.#end, flags, id, topic, payload, this.#properties);
  }

  /** PUBACK: MQTT 3.1.1, 3.4. */
  puback(id: number): void {
    const to = this.#room(4);
    to[this.#end++] = 0x40;
    to[this.#end++] = 2;
    to[this.#end++] = id >> 8;
    to[this.#end++] = id & 255;
  }

  /** Any other packet, encoded. */
  packet(bytes: Buffer): void {
    this.#room(bytes.length).set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Hands over what was gathered. */
  flush(): void {
    this.#due = false;
    if (this.#end === this.#start) return;
    if (this.#stream.writable) this.#stream.write(this.#piece.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** A piece with so many bytes left from `#end` on, that leaves in this turn. */
  #room(bytes: number): Buffer {
    if (this.#end + bytes > this.#piece.length) {
      this.flush();
      // what was handed over is the stream's until it is written
      this.#piece = Buffer.allocUnsafeSlow(Math.max(PIECE, bytes));
      this.#start = this.#end = 0;
    }
    if (!this.#due) {
      this.#due = true;
      setImmediate(() => this.flush());
    }
    return this.#piece;
  }
}
