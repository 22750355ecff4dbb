import type { Duplex } from "node:stream";
import { DUP_FLAG, maxPublishSizeOf, QOS_1_FLAG, RETAIN_FLAG, writePublish } from "./publish.js";

/** Size of the memory blocks that collect packets, in bytes. */
const BLOCK_SIZE = 65_536;

/**
 * Encodes packets for a broker. One write sends all packets of a turn of the event loop, because a system call costs
 * far more than encoding a packet. The frequent packets PUBLISH and PUBACK are encoded without mqtt-packet.
 */
export class PacketWriter {
  readonly #stream: Duplex;
  /** Whether PUBLISH carries a properties field, as in MQTT 5. The field is always empty. */
  readonly #hasProperties: boolean;
  #block = Buffer.allocUnsafeSlow(BLOCK_SIZE);
  /** Start of the bytes in `#block` that have not been written to the stream. */
  #start = 0;
  /** End of the bytes in `#block` that have not been written to the stream. */
  #end = 0;
  #flushScheduled = false;

  constructor(stream: Duplex, version: 4 | 5) {
    this.#stream = stream;
    this.#hasProperties = version === 5;
  }

  /** Adds a PUBLISH packet at QoS 1 to the next write. */
  writePublish(packetId: number, topic: string, payload: Buffer, retain: boolean, dup: boolean): void {
    const to = this.#reserve(maxPublishSizeOf(topic, payload));
    const flags = QOS_1_FLAG | (dup ? DUP_FLAG : 0) | (retain ? RETAIN_FLAG : 0);
    this.#end = writePublish(to, this.#end, flags, packetId, topic, payload, this.#hasProperties);
  }

  /** Adds a PUBACK packet to the next write (MQTT 3.1.1, 3.4). */
  writePuback(packetId: number): void {
    const to = this.#reserve(4);
    to[this.#end++] = 0x40;
    to[this.#end++] = 2;
    to[this.#end++] = packetId >> 8;
    to[this.#end++] = packetId & 255;
  }

  /** Adds any other packet, already encoded, to the next write. */
  writePacket(bytes: Buffer): void {
    this.#reserve(bytes.length).set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Writes the collected packets to the stream. */
  flush(): void {
    this.#flushScheduled = false;
    if (this.#end === this.#start) return;
    if (this.#stream.writable) this.#stream.write(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** Returns a block with at least `bytes` free bytes from `#end` on, and schedules a flush. */
  #reserve(bytes: number): Buffer {
    if (this.#end + bytes > this.#block.length) {
      this.flush();
      // the stream still refers to the old block until it has been sent, so allocate a new one
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_SIZE, bytes));
      this.#start = this.#end = 0;
    }
    if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      setImmediate(() => this.flush());
    }
    return this.#block;
  }
}
