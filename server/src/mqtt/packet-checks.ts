import type { Rejection } from "../observability/counters.js";
import { hasWildcard, MAX_LEVELS, stringProblem, topicFilterProblem } from "./topics.js";
import { readVariableInteger, REASON, SUBSCRIBE, type PacketScanner } from "./packets.js";

/** Error for a client that violated the protocol or a limit. The broker closes its connection [MQTT-4.8.0-1]. */
export class Violation extends Error {
  /** Reason code for the DISCONNECT packet of MQTT 5.0. */
  readonly reasonCode: number;
  /** Counter and log category of the violation. */
  readonly rejection: Rejection;
  /** Packet to send instead of DISCONNECT before the connection closes. */
  readonly answer: Buffer | undefined;

  constructor(
    message: string,
    reasonCode: number = REASON.malformedPacket,
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
const PAYLOAD_FORMAT = 0x01;
const MESSAGE_EXPIRY = 0x02;
const CONTENT_TYPE = 0x03;
const RESPONSE_TOPIC = 0x08;
const CORRELATION_DATA = 0x09;
const WILL_DELAY = 0x18;
const TOPIC_ALIAS = 0x23;
const USER_PROPERTY = 0x26;

/** Reads the fields of one packet in order. Every method throws Violation when a field is truncated or invalid. */
class FieldReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  at: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.at >= this.#end;
  }

  byte(): number {
    return this.#bytes[this.#skip(1)];
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#skip(2));
  }

  binary(): void {
    this.#skip(this.uint16());
  }

  /** Reads an MQTT UTF-8 string (MQTT 3.1.1, 1.5.3). @param what name of the field for error messages */
  text(what: string): string {
    const length = this.uint16();
    const start = this.#skip(length);
    const problem = stringProblem(this.#bytes, start, this.at);
    if (problem) throw new Violation(`the ${what} ${problem}`);
    return this.#bytes.toString("utf8", start, this.at);
  }

  /** Skips the properties of MQTT 5.0, which aedes checks. */
  properties(): void {
    this.at = this.#propertiesEnd();
  }

  /**
   * Checks the properties of a message. Other clients receive the properties, and would disconnect on an invalid one.
   * @param own the property that only this packet may have: a topic alias in PUBLISH, a delay in a will
   */
  messageProperties(own: typeof TOPIC_ALIAS | typeof WILL_DELAY): void {
    const end = this.#propertiesEnd();
    const seen = new Set<number>();
    while (this.at < end) {
      const id = this.byte();
      if (id !== own && (id === TOPIC_ALIAS || id === WILL_DELAY))
        throw new Violation(`property ${id} is not allowed here`);
      if (seen.has(id)) throw new Violation(`property ${id} appears twice`, REASON.protocolError);
      if (id !== USER_PROPERTY) seen.add(id);
      this.#messageProperty(id);
    }
    if (this.at > end) throw new Violation("a property is longer than the properties");
  }

  #messageProperty(id: number): void {
    switch (id) {
      case PAYLOAD_FORMAT:
        return void this.byte();
      case TOPIC_ALIAS:
        return void this.uint16();
      case MESSAGE_EXPIRY:
      case WILL_DELAY:
        return void this.#skip(4);
      case CORRELATION_DATA:
        return this.binary();
      case CONTENT_TYPE:
        return void this.text("content type");
      case RESPONSE_TOPIC:
        // a response topic cannot contain wildcards [MQTT-3.3.2-14]
        if (hasWildcard(this.text("response topic")))
          throw new Violation("the response topic contains a wildcard", REASON.topicNameInvalid);
        return;
      case USER_PROPERTY:
        this.text("name of a user property");
        return void this.text("value of a user property");
      default:
        // clients may not set a subscription identifier [MQTT-3.3.4-6]; other ids are unknown (MQTT 5.0, 2.2.2.2)
        throw new Violation(`property ${id} is not allowed in a message`);
    }
  }

  #propertiesEnd(): number {
    const length = readVariableInteger(this.#bytes, this.at, this.#end);
    if (!length) throw new Violation("the length of the properties is malformed");
    const end = length.next + length.value;
    if (end > this.#end) throw new Violation("the properties are longer than their packet");
    this.at = length.next;
    return end;
  }

  #skip(count: number): number {
    const start = this.at;
    if (start + count > this.#end) throw new Violation("a field is longer than its packet");
    this.at += count;
    return start;
  }
}

/** Encodes CONNACK without properties. @param code return code of MQTT 3.1.1 or reason code of 5.0 */
function connack(version: number, code: number): Buffer {
  return version === 5 ? Buffer.from([0x20, 3, 0, code, 0]) : Buffer.from([0x20, 2, 0, code]);
}

/**
 * Checks a CONNECT packet for errors that aedes does not detect.
 * @returns the protocol version: 3, 4 or 5
 * @throws Violation
 */
export function checkConnect(bytes: Buffer, scanner: PacketScanner): number {
  const fields = new FieldReader(bytes, scanner.body, scanner.end);
  const name = fields.text("protocol name");
  // ignore the highest bit, which Mosquitto sets in a bridge connection
  const version = fields.byte() & 0x7f;
  if (name !== "MQTT" && name !== "MQIsdp") throw new Violation("the protocol name is not MQTT");
  const supported = name === "MQTT" ? version === 4 || version === 5 : version === 3;
  if (!supported) {
    // the answer to an unsupported protocol level is a CONNACK with an error code [MQTT-3.1.2-2]
    const answer = connack(version, version === 5 ? REASON.unsupportedProtocolVersion : 1);
    const problem = `protocol level ${version} of ${name} is not supported`;
    throw new Violation(problem, REASON.unsupportedProtocolVersion, "malformed-packet", answer);
  }
  const flags = fields.byte();
  fields.uint16();
  if (version === 5) fields.properties();
  fields.text("client id");
  if (flags & 0x04) {
    if ((flags & 0x18) === 0x18) throw new Violation("the will has QoS 3");
    if (version === 5) fields.messageProperties(WILL_DELAY);
    const topic = fields.text("will topic");
    if (topic === "") throw new Violation("the will topic is empty", REASON.topicNameInvalid);
    if (/[+#]/.test(topic)) throw new Violation("the will topic contains a wildcard", REASON.topicNameInvalid);
    if (topic.split("/").length > MAX_LEVELS)
      throw new Violation(`the will topic has more than ${MAX_LEVELS} levels`, REASON.topicNameInvalid);
    fields.binary();
  }
  if (flags & 0x80) fields.text("user name");
  if (flags & 0x40) fields.binary();
  if (!fields.atEnd) throw new Violation("CONNECT is longer than its fields");
  return version;
}

const PLUS = 0x2b;
const HASH = 0x23;
const SLASH = 0x2f;

/**
 * Checks the topic name and packet identifier of a PUBLISH packet. The payload may be incomplete.
 * @returns the offset of the payload
 * @throws Violation
 */
export function checkPublish(bytes: Buffer, { first, body, end }: PacketScanner, version: number): number {
  const qos = (first >> 1) & 3;
  if (qos === 3) throw new Violation("PUBLISH has QoS 3");
  const topicEnd = body + 2 + (body + 2 <= end ? bytes.readUInt16BE(body) : end);
  const at = topicEnd + (qos > 0 ? 2 : 0);
  if (at > end) throw new Violation("a field is longer than its packet");
  checkTopicName(bytes, body + 2, topicEnd, version === 5);
  if (qos > 0 && bytes.readUInt16BE(topicEnd) === 0)
    throw new Violation("PUBLISH has the packet identifier 0", REASON.protocolError);
  if (version !== 5) return at;
  // fast path: most messages have no properties
  if (at < end && bytes[at] === 0) return at + 1;
  const fields = new FieldReader(bytes, at, end);
  fields.messageProperties(TOPIC_ALIAS);
  return fields.at;
}

function checkTopicName(bytes: Buffer, start: number, end: number, mayBeEmpty: boolean): void {
  // MQTT 5.0 allows an empty topic name together with a topic alias; aedes checks the alias
  if (start === end && !mayBeEmpty) throw new Violation("the topic name is empty", REASON.topicNameInvalid);
  let levels = 1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === PLUS || byte === HASH)
      throw new Violation("the topic name contains a wildcard", REASON.topicNameInvalid);
    if (byte === SLASH) levels++;
  }
  const problem = stringProblem(bytes, start, end);
  if (problem) throw new Violation(`the topic name ${problem}`);
  if (levels > MAX_LEVELS)
    throw new Violation(`the topic name has more than ${MAX_LEVELS} levels`, REASON.topicNameInvalid);
}

/**
 * Checks the topic filters of a SUBSCRIBE or UNSUBSCRIBE packet.
 * @returns the number of filters
 * @throws Violation
 */
export function checkFilters(bytes: Buffer, { type, body, end }: PacketScanner, version: number): number {
  const fields = new FieldReader(bytes, body, end);
  if (fields.uint16() === 0) throw new Violation("the packet identifier is 0", REASON.protocolError);
  if (version === 5) fields.properties();
  let count = 0;
  while (!fields.atEnd) {
    const filter = fields.text("topic filter");
    const problem = topicFilterProblem(filter);
    if (problem) throw new Violation(`the topic filter "${filter}" ${problem}`, REASON.topicFilterInvalid);
    if (type === SUBSCRIBE) fields.byte();
    count++;
  }
  // SUBSCRIBE and UNSUBSCRIBE need at least one filter [MQTT-3.8.3-3] [MQTT-3.10.3-2]
  if (count === 0) throw new Violation("there is no topic filter", REASON.protocolError);
  return count;
}
