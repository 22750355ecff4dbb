/** Encodes and parses the frequent MQTT 3.1.1 packets without allocating an object for each packet. */

/** MQTT packet types that a broker sends (MQTT 3.1.1, 2.2.1). */
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const SUBACK = 9;

/**
 * Encodes a PUBLISH packet. Topic and payload are ASCII.
 * @param id packet id, 1..65535; 0 selects QoS 0
 */
export function encodePublish(topic: string, payload: string, id: number, retain: boolean): Buffer {
  const body = 2 + topic.length + (id ? 2 : 0) + payload.length;
  const lengthBytes = body < 128 ? 1 : body < 16_384 ? 2 : 3;
  const packet = Buffer.allocUnsafe(1 + lengthBytes + body);
  packet[0] = (PUBLISH << 4) | (id ? 2 : 0) | (retain ? 1 : 0);
  let at = 1;
  for (let rest = body; at <= lengthBytes; at++, rest >>= 7) packet[at] = (rest & 127) | (at < lengthBytes ? 128 : 0);
  packet[at++] = topic.length >> 8;
  packet[at++] = topic.length & 255;
  at += packet.write(topic, at, "latin1");
  if (id) {
    packet[at++] = id >> 8;
    packet[at++] = id & 255;
  }
  packet.write(payload, at, "latin1");
  return packet;
}

export function encodePuback(id: number): Buffer {
  return Buffer.from([PUBACK << 4, 2, id >> 8, id & 255]);
}

/** Called for each packet. The body of the packet is in `bytes` from `from` to `to` (exclusive). */
export type PacketHandler = (type: number, flags: number, bytes: Buffer, from: number, to: number) => void;

/** Splits the byte stream from a broker into MQTT packets. Packets can span several chunks. */
export class PacketReader {
  readonly #onPacket: PacketHandler;
  #rest: Buffer | undefined;

  constructor(onPacket: PacketHandler) {
    this.#onPacket = onPacket;
  }

  /**
   * Parses a chunk of the stream and calls the handler for each complete packet.
   * @throws Error when a remaining length has more than four bytes (MQTT 3.1.1, 2.2.3)
   */
  push(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let at = 0;
    for (;;) {
      let length = 0;
      let end = at + 1;
      let more = true;
      for (let shift = 0; more && end < bytes.length; shift += 7, end++) {
        if (shift > 21) throw new Error("The broker sent a packet with a length of more than four bytes.");
        length |= (bytes[end] & 127) << shift;
        more = bytes[end] > 127;
      }
      if (more || end + length > bytes.length) break;
      this.#onPacket(bytes[at] >> 4, bytes[at] & 15, bytes, end, end + length);
      at = end + length;
    }
    if (at < bytes.length) this.#rest = at === 0 ? bytes : bytes.subarray(at);
  }
}
