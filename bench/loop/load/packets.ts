/** Encodes and decodes MQTT 3.1.1 packets with little CPU time, so that the generator is not the bottleneck. */
import type { PayloadFormat } from "./task.js";

/** All device ids have the same length, so that a device's number has a fixed offset in its topics. */
const ID_PREFIX = "nightlight/b";
const ID_DIGIT_COUNT = 7;

export const deviceIdOf = (device: number): string => ID_PREFIX + String(device).padStart(ID_DIGIT_COUNT, "0");

/** Offset of the device's number in a PUBLISH packet with a remaining length below 128. */
const DEVICE_NUMBER_OFFSET = 4 + ID_PREFIX.length;
const COMMAND_TOPIC_LENGTH = deviceIdOf(0).length + "/commands".length;

function encodePacket(type: number, body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

function encodeString(value: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** Encodes a CONNECT packet (MQTT 3.1.1, section 3.1) with a clean session and without keep-alive. */
export function encodeConnect(clientId: string): Buffer {
  return encodePacket(0x10, Buffer.concat([encodeString("MQTT"), Buffer.from([4, 2, 0, 0]), encodeString(clientId)]));
}

/** Encodes a SUBSCRIBE packet (MQTT 3.1.1, section 3.8) that requests the same QoS for all `filters`. */
export function encodeSubscribe(id: number, filters: readonly string[], qos: 0 | 1): Buffer {
  const body = [Buffer.from([id >> 8, id & 255])];
  for (const filter of filters) body.push(encodeString(filter), Buffer.from([qos]));
  return encodePacket(0x82, Buffer.concat(body));
}

export const DISCONNECT_PACKET = Buffer.from([0xe0, 0]);

/** Maximum size of an encoded reading, in bytes. */
export const MAX_READING_SIZE = 128;

/** Encodes readings by copying a template and filling in the fields that vary. */
export class ReadingWriter {
  readonly #template: Buffer;
  readonly #light: number;
  readonly #id: number;
  readonly #full: boolean;

  constructor(qos: 0 | 1, payloadFormat: PayloadFormat, boot: number) {
    const topic = encodeString(`${deviceIdOf(0)}/telemetry`);
    const head = Buffer.concat([Buffer.from([0x30 | (qos << 1), 0]), topic, Buffer.alloc(2 * qos)]);
    this.#id = qos ? head.length - 2 : 0;
    this.#light = head.length + '{"light":'.length;
    this.#full = payloadFormat === "full";
    const payload = this.#full ? `{"light":000,"boot":${boot},"seq":` : '{"light":000}';
    this.#template = Buffer.concat([head, Buffer.from(payload)]);
  }

  /** Writes a reading at `at`. @param light three digits. @param id packet id for QoS 1. @returns the end of the packet */
  write(to: Buffer, at: number, device: number, light: number, id: number, seq: number): number {
    let end = at + this.#template.copy(to, at);
    writeDigits(to, at + DEVICE_NUMBER_OFFSET, ID_DIGIT_COUNT, device);
    writeDigits(to, at + this.#light, 3, light);
    if (this.#id) {
      to[at + this.#id] = id >> 8;
      to[at + this.#id + 1] = id & 255;
    }
    if (this.#full) {
      let count = 1;
      for (let rest = seq; rest > 9; rest = Math.floor(rest / 10)) count++;
      writeDigits(to, end, count, seq);
      end += count;
      to[end++] = 0x7d;
    }
    to[at + 1] = end - at - 2;
    return end;
  }
}

function writeDigits(to: Buffer, at: number, count: number, value: number): void {
  for (let offset = at + count - 1; offset >= at; offset--) {
    const rest = Math.floor(value / 10);
    to[offset] = 48 + value - 10 * rest;
    value = rest;
  }
}

/** A decoded command: the device from the topic, and the fields of the payload. */
export interface DecodedCommand {
  /** The device's number; -1 when the topic is not a device's command topic. */
  device: number;
  /** The lamp state in the payload; undefined when the payload is invalid. */
  ledOn: boolean | undefined;
  /** The answered reading's `seq`; -1 when the command has none. */
  seq: number;
}

const LED_ON_KEY = Buffer.from('{"led_on":');

/**
 * Decodes a PUBLISH packet (MQTT 3.1.1, section 3.3) into `command`. The packet's variable header begins at `from`.
 * @returns the packet id's offset
 */
export function decodeCommand(
  bytes: Uint8Array,
  from: number,
  end: number,
  qos: number,
  command: DecodedCommand,
): number {
  const length = (bytes[from] << 8) | bytes[from + 1];
  const topicEnd = from + 2 + length;
  command.device =
    length === COMMAND_TOPIC_LENGTH ? readNumber(bytes, from + 2 + ID_PREFIX.length, ID_DIGIT_COUNT) : -1;
  let at = topicEnd + (qos > 0 ? 2 : 0);
  command.ledOn = undefined;
  command.seq = -1;
  for (let n = 0; n < LED_ON_KEY.length; n++) if (bytes[at + n] !== LED_ON_KEY[n]) return topicEnd;
  at += LED_ON_KEY.length;
  if (bytes[at] === 0x20) at++;
  const isTrue = bytes[at] === 0x74; // "t" begins "true"
  if (!isTrue && bytes[at] !== 0x66) return topicEnd; // "f" begins "false"
  command.ledOn = isTrue;
  at += isTrue ? 4 : 5;
  // a comma begins the 7 characters of ,"seq":
  if (bytes[at] !== 0x2c) return topicEnd;
  at += 7;
  let count = 0;
  while (at + count < end && bytes[at + count] !== 0x7d) count++;
  command.seq = readNumber(bytes, at, count);
  return topicEnd;
}

function readNumber(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let n = at; n < at + count; n++) {
    const digit = bytes[n] - 48;
    if (digit < 0 || digit > 9) return -1;
    value = 10 * value + digit;
  }
  return value;
}
