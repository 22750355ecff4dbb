/** Key prefix of session records in the broker's database. */
export const RECORDS_PREFIX = "session:";
/** Key prefix of the subscriptions of sessions. */
export const SUBSCRIPTIONS_PREFIX = "subscriptions:";
/** Key prefix of queued messages. */
export const QUEUES_PREFIX = "outgoing:";
/** Key prefix of received QoS 2 messages that the client has not released. */
export const RECEIVED_PREFIX = "incoming:";

/** Returns the key prefix of one session's entries. The encoded session id contains no colon. */
export const sessionKeyPrefixOf = (kind: string, id: string): string => `${kind}${encodeURIComponent(id)}:`;

/** Returns the session id in a key. */
export const sessionIdFromKey = (key: string): string => decodeURIComponent(key.split(":", 2)[1]);

/** Pads a number with zeros, so that keys sort by number. */
const padNumber = (number: number): string => String(number).padStart(16, "0");

/** Returns the key of a queued message. Keys of a session sort in the order of publishing. */
export function queueKeyOf(id: string, message: { brokerId: string; brokerCounter: number }): string {
  return `${sessionKeyPrefixOf(QUEUES_PREFIX, id)}${message.brokerId}:${padNumber(message.brokerCounter)}`;
}

/** Returns the broker run and the message number in a key from `queueKeyOf`. */
export function messageIdFromKey(key: string): { brokerId: string; brokerCounter: number } {
  const [, , brokerId, brokerCounter] = key.split(":");
  return { brokerId, brokerCounter: Number(brokerCounter) };
}

/** Returns the key of a received QoS 2 message that the client has not released. */
export const receivedKeyOf = (id: string, packetId: number): string =>
  `${sessionKeyPrefixOf(RECEIVED_PREFIX, id)}${padNumber(packetId)}`;

/** Returns the packet identifier in a key from `receivedKeyOf`. */
export const packetIdFromKey = (key: string): number => Number(key.split(":")[2]);
