import { decode, encode } from "@msgpack/msgpack";
import type { IPublishPacket } from "mqtt-packet";
import { fromStoredExpiry, toStoredExpiry, type StoredExpiry } from "./expiry.js";

/** A queued message of a session, or the PUBREL that replaces a QoS 2 message (MQTT 5.0, 4.3.3). */
export interface QueuedPacket extends Omit<IPublishPacket, "cmd"> {
  readonly cmd: "publish" | "pubrel";
  /** Id of the broker run in which the message was published. */
  readonly brokerId: string;
  /** Number of the message within its broker run. Together with `brokerId`, the number identifies the message. */
  readonly brokerCounter: number;
  /** Expiry time in ms since 1970 (MQTT 5.0, 3.3.2.3.3). */
  readonly messageExpiry?: number;
}

/** A map key that the MessagePack decoder refuses. Clients can choose keys as names of user properties (MQTT 5.0, 3.3.2.3.7). */
const REFUSED_KEY = "__proto__";

/** The key that is stored instead of the refused one. No MQTT string contains U+0000 [MQTT-1.5.4-2], so there is no collision. */
const REPLACEMENT_KEY = `\0${REFUSED_KEY}`;

/** Encodes plain data as MessagePack. */
export function encodeData(data: object): Buffer {
  const bytes = encode(toStorable(data), { ignoreUndefined: true });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toStorable(data: { properties?: { userProperties?: object } }): object {
  const { properties } = data;
  const named = properties?.userProperties;
  if (!named || !Object.hasOwn(named, REFUSED_KEY)) return data;
  const entries = Object.entries(named).map(([name, value]) => [name === REFUSED_KEY ? REPLACEMENT_KEY : name, value]);
  return { ...data, properties: { ...properties, userProperties: Object.fromEntries(entries) } };
}

/** Decodes MessagePack data from `encodeData`. @throws Error when the bytes are damaged */
export function decodeData<T extends object>(bytes: Uint8Array): T {
  return replaceUint8Arrays(decode(bytes)) as T;
}

/** Encodes a queued packet with its MQTT 5 properties, in the format of aedes-persistence-level. */
export function encodeQueuedPacket(packet: QueuedPacket): Buffer {
  const { cmd, brokerId, brokerCounter, topic, payload, qos, retain, dup, messageId, properties, messageExpiry } =
    packet;
  return encodeData({
    ...{ cmd, brokerId, brokerCounter, topic, payload, qos, retain, dup, messageId, properties },
    ...toStoredExpiry(messageExpiry),
  });
}

/** A decoded queued packet, with the expiry times that `encodeQueuedPacket` stored. */
export type StoredPacket = QueuedPacket & StoredExpiry;

/** Converts a decoded packet for delivery: computes the expiry by the clock of this process. */
export function fromStoredPacket({ expiresAt, ...packet }: StoredPacket): QueuedPacket {
  if (packet.messageExpiry === undefined) return packet;
  return { ...packet, messageExpiry: fromStoredExpiry({ ...packet, expiresAt }) };
}

/** Replaces each Uint8Array by a Buffer, the only binary type that the MQTT libraries accept. */
function replaceUint8Arrays(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(replaceUint8Arrays);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key === REPLACEMENT_KEY ? REFUSED_KEY : key,
      replaceUint8Arrays(inner),
    ]),
  );
}
