/** MQTT 3.1.1 packets as a fleet needs them: those that come with each reading, without an object for each. */

/** The types of packet that a broker sends: MQTT 3.1.1, 2.2.1. */
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const SUBACK = 9;

/** A PUBLISH. Topic and payload are ASCII. @param id the packet's, 1..65535; 0 at QoS 0 */
export function publishFrame(topic: string, payload: string, id: number, retain: boolean): Buffer {
  const body = 2 + topic.length + (id ? 2 : 0) + payload.length;
  const lengthBytes = body < 128 ? 1 : body < 16_384 ? 2 : 3;
  const frame = Buffer.allocUnsafe(1 + lengthBytes + body);
  frame[0] = (PUBLISH << 4) | (id ? 2 : 0) | (retain ? 1 : 0);
  let at = 1;
  for (let rest = body; at <= lengthBytes; at++, rest >>= 7) frame[at] = (rest & 127) | (at < lengthBytes ? 128 : 0);
  frame[at++] = topic.length >> 8;
  frame[at++] = topic.length & 255;
  at += frame.write(topic, at, "latin1");
  if (id) {
    frame[at++] = id >> 8;
    frame[at++] = id & 255;
  }
  frame.write(payload, at, "latin1");
  return frame;
}

export function pubackFrame(id: number): Buffer {
  return Buffer.from([PUBACK << 4, 2, id >> 8, id & 255]);
}

/** A packet within the bytes that came: its body is between `from` and `to`. */
export type OnFrame = (type: number, flags: number, bytes: Buffer, from: number, to: number) => void;

/** Takes a broker's bytes apart into packets, in whatever pieces they come. */
export class FrameReader {
  readonly #onframe: OnFrame;
  #rest: Buffer | undefined;

  constructor(onframe: OnFrame) {
    this.#onframe = onframe;
  }

  /** @throws Error when a length has more than four bytes: MQTT 3.1.1, 2.2.3 */
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
      this.#onframe(bytes[at] >> 4, bytes[at] & 15, bytes, end, end + length);
      at = end + length;
    }
    if (at < bytes.length) this.#rest = at === 0 ? bytes : bytes.subarray(at);
  }
}
