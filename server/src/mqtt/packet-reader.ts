import mqttPacket, { type Packet } from "mqtt-packet";

/** The largest packet that is held in memory, in bytes; of a larger PUBLISH the beginning is passed on, and the rest skipped. */
export const HELD = 131_072;

/** What is made of a broker's bytes. */
export interface InputHandlers {
  /** A message; `id` is 0 at QoS 0. */
  publish(topic: string, payload: Buffer, retained: boolean, qos: number, id: number): void;
  /** `reason` is 128 or more when the broker does not take the message, which MQTT 5 alone can say. */
  puback(id: number, reason: number): void;
  /** Any packet but PUBLISH and PUBACK. */
  packet(packet: Packet): void;
}

/** A PUBLISH's flags: MQTT 3.1.1, 3.3.1. */
const RETAIN = 1;
const QOS = 6;

/**
 * Takes a broker's bytes apart, in whatever pieces they come. The two packets that come with each reading are read here,
 * all others by mqtt-packet.
 */
export class Input {
  readonly #version: 4 | 5;
  readonly #handlers: InputHandlers;
  readonly #parser: ReturnType<typeof mqttPacket.parser>;
  /** The beginning of a packet that has not come whole. */
  #begun: Buffer[] = [];
  #have = 0;
  /** How many bytes it takes to go on. */
  #need = 0;
  /** How many bytes are of no interest any more. */
  #skip = 0;
  #problem: Error | undefined;

  constructor(version: 4 | 5, handlers: InputHandlers) {
    this.#version = version;
    this.#handlers = handlers;
    this.#parser = mqttPacket.parser({ protocolVersion: version });
    this.#parser.on("packet", (packet) => handlers.packet(packet));
    this.#parser.on("error", (error) => (this.#problem = error));
  }

  /** @throws Error when this is not MQTT: the connection is of no more use. */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, bytes.length);
      this.#skip -= skipped;
      bytes = bytes.subarray(skipped);
    }
    if (this.#have > 0) {
      this.#begun.push(bytes);
      this.#have += bytes.length;
      if (this.#have < this.#need) return;
      bytes = Buffer.concat(this.#begun, this.#have);
      this.#begun = [];
      this.#have = 0;
    }
    let at = 0;
    while (at < bytes.length) {
      const body = afterLength(bytes, at);
      const length = body && lengthAt(bytes, at, body);
      const end = body + length;
      // the length itself may be cut off
      if (body > 0 && end <= bytes.length) this.#take(bytes, at, body, end);
      else if (body > 0 && end - at > HELD && bytes.length - at >= HELD) {
        if (bytes[at] >> 4 !== 3) throw new Error(`a packet of ${end - at} bytes`);
        this.#skip = end - bytes.length;
        return this.#take(bytes, at, body, bytes.length);
      } else {
        this.#begun = [bytes.subarray(at)];
        this.#have = bytes.length - at;
        this.#need = body > 0 ? Math.min(end - at, HELD) : this.#have + 1;
        return;
      }
      at = end;
    }
  }

  #take(bytes: Buffer, at: number, body: number, end: number): void {
    const first = bytes[at];
    if (first >> 4 === 3) return this.#publish(first, bytes, body, end);
    if (first === 0x40 && end - body >= 2) {
      const reason = end - body > 2 ? bytes[body + 2] : 0;
      return this.#handlers.puback((bytes[body] << 8) | bytes[body + 1], reason);
    }
    this.#parser.parse(bytes.subarray(at, end));
    if (this.#problem) throw this.#problem;
  }

  #publish(first: number, bytes: Buffer, body: number, end: number): void {
    const qos = (first & QOS) >> 1;
    let at = body + 2;
    const topicEnd = at + ((bytes[body] << 8) | bytes[body + 1]);
    const topic = bytes.toString("utf8", at, topicEnd);
    at = topicEnd;
    let id = 0;
    if (qos > 0) {
      id = (bytes[at] << 8) | bytes[at + 1];
      at += 2;
    }
    if (this.#version === 5) {
      const properties = afterLength(bytes, at - 1);
      at = properties > 0 ? properties + lengthAt(bytes, at - 1, properties) : NaN;
    }
    // a comparison with NaN is false [MQTT-3.3.1-4, MQTT-2.3.1-1]
    if (!(at <= end) || qos === 3 || (qos > 0 && id === 0)) throw new Error("a malformed PUBLISH");
    this.#handlers.publish(topic, bytes.subarray(at, end), (first & RETAIN) !== 0, qos, id);
  }
}

/**
 * Where the "remaining length" that follows the byte at `at` ends; 0 when it is cut off.
 * @throws Error when it has more than four bytes: MQTT 3.1.1, 2.2.3
 */
function afterLength(bytes: Buffer, at: number): number {
  for (let end = at + 1; end <= at + 4; end++) {
    if (end >= bytes.length) return 0;
    if (bytes[end] < 128) return end + 1;
  }
  throw new Error("a length of more than four bytes");
}

function lengthAt(bytes: Buffer, at: number, end: number): number {
  let length = 0;
  for (let i = end - 1; i > at; i--) length = length * 128 + (bytes[i] & 127);
  return length;
}
