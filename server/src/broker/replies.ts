import mqttPacket, { type IConnackPacket, type IDisconnectPacket, type ISubackPacket, type Packet } from "mqtt-packet";
import { PUBACK, REASON } from "../mqtt/packets.js";

const MQTT_5 = { protocolVersion: 5 };

/** Keeps a reason short: it is for people, and counts towards the client's limit for packets. */
export function reasonString(text: string): string {
  return text.length > 200 ? text.slice(0, 199) + "…" : text;
}

/** CONNACK that refuses a client (MQTT 3.1.1, table 3.1; MQTT 5.0, table 3-1). */
export function refuseConnection(
  version: number,
  code: { returnCode: number; reasonCode: number },
  text: string,
): Buffer {
  if (version !== 5) return Buffer.from([0x20, 2, 0, code.returnCode]);
  const properties = { reasonString: reasonString(text) };
  const connack: IConnackPacket = { cmd: "connack", reasonCode: code.reasonCode, sessionPresent: false, properties };
  return mqttPacket.generate(connack, MQTT_5);
}

/** PUBACK or PUBREC for a message that is dropped. MQTT 3.1.1 has no way to say so [MQTT-3.3.5-2]. */
export function acknowledgement(
  type: number,
  packetId: number,
  version: number,
  reasonCode: number,
  text: string | undefined,
): Buffer {
  if (version !== 5) return Buffer.from([type << 4, 2, packetId >> 8, packetId & 255]);
  const properties = text === undefined ? {} : { properties: { reasonString: reasonString(text) } };
  const cmd = type === PUBACK ? "puback" : "pubrec";
  return mqttPacket.generate({ cmd, messageId: packetId, reasonCode, ...properties }, MQTT_5);
}

/** DISCONNECT of MQTT 5.0. */
export function disconnect(reasonCode: number, text: string): Buffer {
  return mqttPacket.generate(
    { cmd: "disconnect", reasonCode, properties: { reasonString: reasonString(text) } },
    MQTT_5,
  );
}

/** Removes the reason string from a packet, such as PUBACK [MQTT-3.4.2-2]. */
export function withoutReason(bytes: Buffer): Buffer {
  const packet = decode<IConnackPacket>(bytes);
  return mqttPacket.generate({ ...packet, properties: { ...packet.properties, reasonString: undefined } }, MQTT_5);
}

/** Decodes one packet of MQTT 5.0 that aedes is about to send. */
function decode<P extends Packet>(bytes: Buffer): P {
  let decoded: Packet | undefined;
  const parser = mqttPacket.parser(MQTT_5);
  parser.on("packet", (packet) => (decoded = packet));
  parser.parse(bytes);
  return decoded as P;
}

/** What CONNACK says beside what aedes puts into it. */
export interface ConnackFields {
  sessionPresent: boolean;
  assignedClientIdentifier?: string;
  serverKeepAlive?: number;
}

/**
 * Completes a CONNACK that lets the client in: aedes reports a session only where it has subscriptions, and does not know
 * which client id and keep-alive this broker chose.
 */
export function completeConnack(bytes: Buffer, version: number, fields: ConnackFields): Buffer {
  if (version !== 5) return Buffer.from([0x20, 2, fields.sessionPresent ? 1 : 0, 0]);
  const connack = decode<IConnackPacket>(bytes);
  const { sessionPresent, ...properties } = fields;
  return mqttPacket.generate(
    { ...connack, sessionPresent, properties: { ...connack.properties, ...properties } },
    MQTT_5,
  );
}

/** Whether aedes refuses a subscription in a SUBACK of MQTT 5.0 because it is shared: it asks nobody. */
export function refusesShared(bytes: Buffer): boolean {
  return decode<ISubackPacket>(bytes).granted.includes(REASON.sharedSubscriptionsNotSupported);
}

/** Adds to a SUBACK of MQTT 5.0 why subscriptions were refused. */
export function completeSuback(bytes: Buffer, reasons: readonly string[]): Buffer {
  if (reasons.length === 0) return bytes;
  const suback = decode<ISubackPacket>(bytes);
  return mqttPacket.generate(
    { ...suback, properties: { ...suback.properties, reasonString: reasonString(reasons.join("; ")) } },
    MQTT_5,
  );
}

/** What the reason codes mean with which aedes itself disconnects a client. */
const DISCONNECTS: Readonly<Record<number, string>> = {
  [REASON.protocolError]: "the packet violates the protocol",
  0x8b: "the server is shutting down",
  0x8e: "another client connected with this client id",
  0x94: "the topic alias is unknown, or larger than the server allows",
  [REASON.packetTooLarge]: "the packet is too large",
};

/** Adds a reason to a DISCONNECT of MQTT 5.0 that has none. */
export function completeDisconnect(bytes: Buffer): Buffer {
  const packet = decode<IDisconnectPacket>(bytes);
  const text = DISCONNECTS[packet.reasonCode ?? 0];
  return packet.properties?.reasonString || !text ? bytes : disconnect(packet.reasonCode!, text);
}
