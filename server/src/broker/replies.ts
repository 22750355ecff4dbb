import mqttPacket, {
  type IConnackPacket,
  type IDisconnectPacket,
  type IPubackPacket,
  type ISubackPacket,
  type Packet,
} from "mqtt-packet";
import { PUBACK, REASON_CODE } from "../mqtt/packets.js";

const MQTT_5_OPTIONS = { protocolVersion: 5 };

/** Shortens a reason string to 200 characters, because it counts towards the client's maximum packet size. */
export function shortenReason(text: string): string {
  return text.length > 200 ? text.slice(0, 199) + "…" : text;
}

/** Encodes a CONNACK that refuses a client (MQTT 3.1.1, table 3.1; MQTT 5.0, table 3-1). */
export function encodeRefusal(version: number, code: { returnCode: number; reasonCode: number }, text: string): Buffer {
  if (version !== 5) return Buffer.from([0x20, 2, 0, code.returnCode]);
  const properties = { reasonString: shortenReason(text) };
  const connack: IConnackPacket = { cmd: "connack", reasonCode: code.reasonCode, sessionPresent: false, properties };
  return mqttPacket.generate(connack, MQTT_5_OPTIONS);
}

/**
 * Encodes PUBACK or PUBREC for a dropped message. MQTT 3.1.1 has no reason codes, so the packet signals success
 * [MQTT-3.3.5-2].
 */
export function encodeAcknowledgement(
  type: number,
  packetId: number,
  version: number,
  reasonCode: number,
  text: string | undefined,
): Buffer {
  if (version !== 5) return Buffer.from([type << 4, 2, packetId >> 8, packetId & 255]);
  const properties = text === undefined ? {} : { properties: { reasonString: shortenReason(text) } };
  const cmd = type === PUBACK ? "puback" : "pubrec";
  return mqttPacket.generate({ cmd, messageId: packetId, reasonCode, ...properties }, MQTT_5_OPTIONS);
}

/** Encodes DISCONNECT of MQTT 5.0. */
export function encodeDisconnect(reasonCode: number, text: string): Buffer {
  return mqttPacket.generate(
    { cmd: "disconnect", reasonCode, properties: { reasonString: shortenReason(text) } },
    MQTT_5_OPTIONS,
  );
}

/** Removes the reason string from a packet so that it fits the client's maximum packet size [MQTT-3.4.2-2]. */
export function removeReason(bytes: Buffer): Buffer {
  const packet = decodePacket<IConnackPacket>(bytes);
  return mqttPacket.generate(
    { ...packet, properties: { ...packet.properties, reasonString: undefined } },
    MQTT_5_OPTIONS,
  );
}

/** Decodes one MQTT 5.0 packet that aedes is about to send. */
function decodePacket<P extends Packet>(bytes: Buffer): P {
  let decoded: Packet | undefined;
  const parser = mqttPacket.parser(MQTT_5_OPTIONS);
  parser.on("packet", (packet) => (decoded = packet));
  parser.parse(bytes);
  return decoded as P;
}

/** Fields that the broker adds to CONNACK. */
export interface ConnackFields {
  sessionPresent: boolean;
  assignedClientIdentifier?: string;
  serverKeepAlive?: number;
}

/**
 * Completes a CONNACK that accepts a client, because aedes omits three values: whether a session without subscriptions
 * is present, and the client id and keep alive that this broker has assigned.
 */
export function completeConnack(bytes: Buffer, version: number, fields: ConnackFields): Buffer {
  if (version !== 5) return Buffer.from([0x20, 2, fields.sessionPresent ? 1 : 0, 0]);
  const connack = decodePacket<IConnackPacket>(bytes);
  const { sessionPresent, ...properties } = fields;
  return mqttPacket.generate(
    { ...connack, sessionPresent, properties: { ...connack.properties, ...properties } },
    MQTT_5_OPTIONS,
  );
}

/**
 * Returns whether aedes refuses a shared subscription in this MQTT 5.0 SUBACK. aedes has no hook that reports the
 * refusal.
 */
export function refusesSharedSubscription(bytes: Buffer): boolean {
  return decodePacket<ISubackPacket>(bytes).granted.includes(REASON_CODE.sharedSubscriptionsNotSupported);
}

/** Adds the reasons for refused subscriptions to a SUBACK of MQTT 5.0. */
export function completeSuback(bytes: Buffer, reasons: readonly string[]): Buffer {
  if (reasons.length === 0) return bytes;
  const suback = decodePacket<ISubackPacket>(bytes);
  return mqttPacket.generate(
    { ...suback, properties: { ...suback.properties, reasonString: shortenReason(reasons.join("; ")) } },
    MQTT_5_OPTIONS,
  );
}

/** Gives the acknowledgement of a refused message its reason code, and deletes the code from `reasonCodes`. */
export function completeAcknowledgement(bytes: Buffer, reasonCodes: Map<number, number>): Buffer {
  if (reasonCodes.size === 0) return bytes;
  const acknowledgement = decodePacket<IPubackPacket>(bytes);
  const reasonCode = reasonCodes.get(acknowledgement.messageId!);
  reasonCodes.delete(acknowledgement.messageId!);
  return reasonCode === undefined ? bytes : mqttPacket.generate({ ...acknowledgement, reasonCode }, MQTT_5_OPTIONS);
}

/** Reason strings for the reason codes with which aedes disconnects a client. */
const DISCONNECT_REASONS: Readonly<Record<number, string>> = {
  [REASON_CODE.protocolError]: "the packet violates the protocol",
  0x8b: "the server is shutting down",
  0x8e: "another client connected with this client id",
  0x94: "the topic alias is unknown, or larger than the server allows",
  [REASON_CODE.packetTooLarge]: "the packet is too large",
};

/** Adds a reason string to a DISCONNECT of MQTT 5.0 that has none. */
export function completeDisconnect(bytes: Buffer): Buffer {
  const packet = decodePacket<IDisconnectPacket>(bytes);
  const text = DISCONNECT_REASONS[packet.reasonCode ?? 0];
  return packet.properties?.reasonString || !text ? bytes : encodeDisconnect(packet.reasonCode!, text);
}
