import { decode, encode } from "@msgpack/msgpack";
import type { IPublishPacket } from "mqtt-packet";
import { restoredExpiry, storedExpiry, type StoredExpiry } from "./expiry.js";

/** A message as it waits in a session's queue, or the PUBREL that follows it (MQTT 5.0, 4.3.3). */
export interface QueuedPacket extends Omit<IPublishPacket, "cmd"> {
  readonly cmd: "publish" | "pubrel";
  /** The run of the broker, and the number of the message within it. */
  readonly brokerId: string;
  readonly brokerCounter: number;
  /** When the message expires, in ms since 1970 (MQTT 5.0, 3.3.2.3.3). */
  readonly messageExpiry?: number;
}

/** A key that the decoder refuses. Only users choose keys, as names of user properties (MQTT 5.0, 3.3.2.3.7). */
const REFUSED_KEY = "__proto__";

/** What is stored in its place: no text in MQTT contains U+0000 [MQTT-1.5.4-2]. */
const STORED_KEY = `\0${REFUSED_KEY}`;

/** Encodes plain data as MessagePack. */
export function encodeData(data: object): Buffer {
  const bytes = encode(storable(data), { ignoreUndefined: true });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function storable(data: { properties?: { userProperties?: object } }): object {
  const { properties } = data;
  const named = properties?.userProperties;
  if (!named || !Object.hasOwn(named, REFUSED_KEY)) return data;
  const entries = Object.entries(named).map(([name, value]) => [name === REFUSED_KEY ? STORED_KEY : name, value]);
  return { ...data, properties: { ...properties, userProperties: Object.fromEntries(entries) } };
}

/** Decodes what `encodeData` encoded. @throws Error when the bytes are damaged */
export function decodeData<T extends object>(bytes: Uint8Array): T {
  return withBuffers(decode(bytes)) as T;
}

/** Encodes a packet in the form of aedes-persistence-level, and with its properties. */
export function encodeQueued(packet: QueuedPacket): Buffer {
  const { cmd, brokerId, brokerCounter, topic, payload, qos, retain, dup, messageId, properties, messageExpiry } =
    packet;
  return encodeData({
    ...{ cmd, brokerId, brokerCounter, topic, payload, qos, retain, dup, messageId, properties },
    ...storedExpiry(messageExpiry),
  });
}

/** A queued packet as `encodeQueued` writes it. */
export type StoredPacket = QueuedPacket & StoredExpiry;

/** Converts a decoded packet back: its expiry is by this process's clock again. */
export function restoredPacket({ expiresAt, ...packet }: StoredPacket): QueuedPacket {
  if (packet.messageExpiry === undefined) return packet;
  return { ...packet, messageExpiry: restoredExpiry({ ...packet, expiresAt }) };
}

/** MQTT libraries take binary data as Buffer only. */
function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(withBuffers);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key === STORED_KEY ? REFUSED_KEY : key, withBuffers(inner)]),
  );
}
