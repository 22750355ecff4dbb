import type { Rejection } from "../observability/counters.js";
import { hasWildcard, MAX_TOPIC_LEVELS, stringProblem, topicFilterProblem } from "./topics.js";
import { readVariableInteger, REASON_CODE, SUBSCRIBE, type PacketScanner } from "./packets.js";

/** Error for a client that violated the protocol or a limit. The broker closes its connection [MQTT-4.8.0-1]. */
export class ProtocolViolation extends Error {
  /** Reason code for the DISCONNECT packet of MQTT 5.0. */
  readonly reasonCode: number;
  /** Counter and log category of the violation. */
  readonly rejection: Rejection;
  /** Packet to send instead of DISCONNECT before the connection closes. */
  readonly answer: Buffer | undefined;

  constructor(
    message: string,
    reasonCode: number = REASON_CODE.malformedPacket,
    rejection: Rejection = "malformed-packet",
    answer?: Buffer,
  ) {
    super(message);
    this.reasonCode = reasonCode;
    this.rejection = rejection;
    this.answer = answer;
  }
}

/** Property identifiers of PUBLISH and of wills (MQTT 5.0, 2.2.2.2). */
const PAYLOAD_FORMAT_ID = 0x01;
const MESSAGE_EXPIRY_ID = 0x02;
const CONTENT_TYPE_ID = 0x03;
const RESPONSE_TOPIC_ID = 0x08;
const CORRELATION_DATA_ID = 0x09;
const WILL_DELAY_ID = 0x18;
const TOPIC_ALIAS_ID = 0x23;
const USER_PROPERTY_ID = 0x26;

/** Reads the fields of one packet in order. Every method throws ProtocolViolation when a field is truncated or invalid. */
class FieldReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  at: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#end;
  }

  readByte(): number {
    return this.#bytes[this.#skip(1)];
  }

  readUint16(): number {
    return this.#bytes.readUInt16BE(this.#skip(2));
  }

  skipBinary(): void {
    this.#skip(this.readUint16());
  }

  /** Reads an MQTT UTF-8 string (MQTT 3.1.1, 1.5.3). @param what name of the field for error messages */
  readText(what: string): string {
    const length = this.readUint16();
    const start = this.#skip(length);
    const problem = stringProblem(this.#bytes, start, this.at);
    if (problem) throw new ProtocolViolation(`the ${what} ${problem}`);
    return this.#bytes.toString("utf8", start, this.at);
  }

  /** Skips the properties of an MQTT 5.0 packet, because aedes checks them. */
  skipProperties(): void {
    this.at = this.#readPropertiesEnd();
  }

  /**
   * Checks the properties of a message, because the broker forwards them to other clients, which would disconnect on an
   * invalid property.
   * @param own the property that only this packet may have: a topic alias in PUBLISH, a delay in a will
   */
  checkMessageProperties(own: typeof TOPIC_ALIAS_ID | typeof WILL_DELAY_ID): void {
    const end = this.#readPropertiesEnd();
    const seen = new Set<number>();
    while (this.at < end) {
      const id = this.readByte();
      if (id !== own && (id === TOPIC_ALIAS_ID || id === WILL_DELAY_ID))
        throw new ProtocolViolation(`property ${id} is not allowed here`);
      if (seen.has(id)) throw new ProtocolViolation(`property ${id} appears twice`, REASON_CODE.protocolError);
      if (id !== USER_PROPERTY_ID) seen.add(id);
      this.#checkMessageProperty(id);
    }
    if (this.at > end) throw new ProtocolViolation("a property is longer than the properties");
  }

  #checkMessageProperty(id: number): void {
    switch (id) {
      case PAYLOAD_FORMAT_ID:
        return void this.readByte();
      case TOPIC_ALIAS_ID:
        return void this.readUint16();
      case MESSAGE_EXPIRY_ID:
      case WILL_DELAY_ID:
        return void this.#skip(4);
      case CORRELATION_DATA_ID:
        return this.skipBinary();
      case CONTENT_TYPE_ID:
        return void this.readText("content type");
      case RESPONSE_TOPIC_ID:
        // a response topic cannot contain wildcards [MQTT-3.3.2-14]
        if (hasWildcard(this.readText("response topic")))
          throw new ProtocolViolation("the response topic contains a wildcard", REASON_CODE.topicNameInvalid);
        return;
      case USER_PROPERTY_ID:
        this.readText("name of a user property");
        return void this.readText("value of a user property");
      default:
        // clients may not set a subscription identifier [MQTT-3.3.4-6]; other ids are unknown (MQTT 5.0, 2.2.2.2)
        throw new ProtocolViolation(`property ${id} is not allowed in a message`);
    }
  }

  #readPropertiesEnd(): number {
    const length = readVariableInteger(this.#bytes, this.at, this.#end);
    if (!length) throw new ProtocolViolation("the length of the properties is malformed");
    const end = length.next + length.value;
    if (end > this.#end) throw new ProtocolViolation("the properties are longer than their packet");
    this.at = length.next;
    return end;
  }

  #skip(count: number): number {
    const start = this.at;
    if (start + count > this.#end) throw new ProtocolViolation("a field is longer than its packet");
    this.at += count;
    return start;
  }
}

/** Encodes CONNACK without properties. @param code return code of MQTT 3.1.1 or reason code of 5.0 */
function encodeConnack(version: number, code: number): Buffer {
  return version === 5 ? Buffer.from([0x20, 3, 0, code, 0]) : Buffer.from([0x20, 2, 0, code]);
}

/**
 * Checks a CONNECT packet for errors that aedes does not detect.
 * @returns the protocol version: 3, 4 or 5
 * @throws ProtocolViolation
 */
export function checkConnect(bytes: Buffer, scanner: PacketScanner): number {
  const fields = new FieldReader(bytes, scanner.body, scanner.end);
  const name = fields.readText("protocol name");
  // ignore the highest bit, which Mosquitto sets in a bridge connection
  const version = fields.readByte() & 0x7f;
  if (name !== "MQTT" && name !== "MQIsdp") throw new ProtocolViolation("the protocol name is not MQTT");
  const supported = name === "MQTT" ? version === 4 || version === 5 : version === 3;
  if (!supported) {
    // the answer to an unsupported protocol level is a CONNACK with an error code [MQTT-3.1.2-2]
    const answer = encodeConnack(version, version === 5 ? REASON_CODE.unsupportedProtocolVersion : 1);
    const problem = `protocol level ${version} of ${name} is not supported`;
    throw new ProtocolViolation(problem, REASON_CODE.unsupportedProtocolVersion, "malformed-packet", answer);
  }
  const flags = fields.readByte();
  fields.readUint16();
  if (version === 5) fields.skipProperties();
  fields.readText("client id");
  if (flags & 0x04) {
    if ((flags & 0x18) === 0x18) throw new ProtocolViolation("the will has QoS 3");
    if (version === 5) fields.checkMessageProperties(WILL_DELAY_ID);
    const topic = fields.readText("will topic");
    if (topic === "") throw new ProtocolViolation("the will topic is empty", REASON_CODE.topicNameInvalid);
    if (/[+#]/.test(topic))
      throw new ProtocolViolation("the will topic contains a wildcard", REASON_CODE.topicNameInvalid);
    if (topic.split("/").length > MAX_TOPIC_LEVELS)
      throw new ProtocolViolation(
        `the will topic has more than ${MAX_TOPIC_LEVELS} levels`,
        REASON_CODE.topicNameInvalid,
      );
    fields.skipBinary();
  }
  if (flags & 0x80) fields.readText("user name");
  if (flags & 0x40) fields.skipBinary();
  if (!fields.isAtEnd) throw new ProtocolViolation("CONNECT is longer than its fields");
  return version;
}

const PLUS_CODE = 0x2b;
const HASH_CODE = 0x23;
const SLASH_CODE = 0x2f;

/**
 * Checks the topic name and packet identifier of a PUBLISH packet. The payload may be incomplete.
 * @returns the offset of the payload
 * @throws ProtocolViolation
 */
export function checkPublish(bytes: Buffer, { first, body, end }: PacketScanner, version: number): number {
  const qos = (first >> 1) & 3;
  if (qos === 3) throw new ProtocolViolation("PUBLISH has QoS 3");
  const topicEnd = body + 2 + (body + 2 <= end ? bytes.readUInt16BE(body) : end);
  const at = topicEnd + (qos > 0 ? 2 : 0);
  if (at > end) throw new ProtocolViolation("a field is longer than its packet");
  checkTopicName(bytes, body + 2, topicEnd, version === 5);
  if (qos > 0 && bytes.readUInt16BE(topicEnd) === 0)
    throw new ProtocolViolation("PUBLISH has the packet identifier 0", REASON_CODE.protocolError);
  if (version !== 5) return at;
  // fast path: most messages have no properties
  if (at < end && bytes[at] === 0) return at + 1;
  const fields = new FieldReader(bytes, at, end);
  fields.checkMessageProperties(TOPIC_ALIAS_ID);
  return fields.at;
}

function checkTopicName(bytes: Buffer, start: number, end: number, mayBeEmpty: boolean): void {
  // MQTT 5.0 allows an empty topic name together with a topic alias; aedes checks the alias
  if (start === end && !mayBeEmpty)
    throw new ProtocolViolation("the topic name is empty", REASON_CODE.topicNameInvalid);
  let levels = 1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === PLUS_CODE || byte === HASH_CODE)
      throw new ProtocolViolation("the topic name contains a wildcard", REASON_CODE.topicNameInvalid);
    if (byte === SLASH_CODE) levels++;
  }
  const problem = stringProblem(bytes, start, end);
  if (problem) throw new ProtocolViolation(`the topic name ${problem}`);
  if (levels > MAX_TOPIC_LEVELS)
    throw new ProtocolViolation(
      `the topic name has more than ${MAX_TOPIC_LEVELS} levels`,
      REASON_CODE.topicNameInvalid,
    );
}

/**
 * Checks the topic filters of a SUBSCRIBE or UNSUBSCRIBE packet.
 * @returns the number of filters
 * @throws ProtocolViolation
 */
export function checkFilters(bytes: Buffer, { type, body, end }: PacketScanner, version: number): number {
  const fields = new FieldReader(bytes, body, end);
  if (fields.readUint16() === 0) throw new ProtocolViolation("the packet identifier is 0", REASON_CODE.protocolError);
  if (version === 5) fields.skipProperties();
  let count = 0;
  while (!fields.isAtEnd) {
    const filter = fields.readText("topic filter");
    const problem = topicFilterProblem(filter);
    if (problem) throw new ProtocolViolation(`the topic filter "${filter}" ${problem}`, REASON_CODE.topicFilterInvalid);
    if (type === SUBSCRIBE) fields.readByte();
    count++;
  }
  // SUBSCRIBE and UNSUBSCRIBE need at least one filter [MQTT-3.8.3-3] [MQTT-3.10.3-2]
  if (count === 0) throw new ProtocolViolation("there is no topic filter", REASON_CODE.protocolError);
  return count;
}
