import { utf8Length, putBytes, putText } from "../common/bytes.js";

/** Returns the largest possible size of a PUBLISH packet, in bytes. Each UTF-16 unit of `topic` has at most 3 in UTF-8. */
export function maxPublishSizeOf(topic: string, payload: Uint8Array): number {
  return 13 + 3 * topic.length + payload.length;
}

/** RETAIN flag of PUBLISH: the broker keeps the message (MQTT 3.1.1, 3.3.1). */
export const RETAIN_FLAG = 1;
/** QoS flag of PUBLISH: the broker acknowledges the message with PUBACK. */
export const QOS_1_FLAG = 2;
/** DUP flag of PUBLISH: the message may have been sent before. */
export const DUP_FLAG = 8;

/**
 * Encodes a PUBLISH packet into a buffer (MQTT 3.1.1, 3.3).
 * @param flags a combination of `RETAIN_FLAG`, `QOS_1_FLAG` and `DUP_FLAG`
 * @param packetId ignored at QoS 0
 * @param hasProperties whether to add the properties field of MQTT 5, which is left empty
 * @returns the offset of the first byte after the packet
 */
export function writePublish(
  to: Buffer,
  start: number,
  flags: number,
  packetId: number,
  topic: string,
  payload: Uint8Array,
  hasProperties = false,
): number {
  const topicLength = utf8Length(topic);
  const hasPacketId = (flags & QOS_1_FLAG) !== 0;
  let at = start;
  to[at++] = 0x30 | flags;
  let remaining = 2 + topicLength + (hasPacketId ? 2 : 0) + (hasProperties ? 1 : 0) + payload.length;
  do {
    const continuation = remaining > 127 ? 128 : 0;
    to[at++] = (remaining & 127) | continuation;
    remaining >>>= 7;
  } while (remaining > 0);
  to[at++] = topicLength >> 8;
  to[at++] = topicLength & 255;
  at = putText(to, at, topic);
  if (hasPacketId) {
    to[at++] = packetId >> 8;
    to[at++] = packetId & 255;
  }
  if (hasProperties) to[at++] = 0;
  return putBytes(to, at, payload);
}
