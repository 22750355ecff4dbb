import { lengthOf, putBytes, putText } from "../common/bytes.js";

/** The room that a PUBLISH takes at most: a UTF-16 unit has up to three bytes in UTF-8. */
export function publishRoom(topic: string, payload: Uint8Array): number {
  return 13 + 3 * topic.length + payload.length;
}

/** A PUBLISH's flags: MQTT 3.1.1, 3.3.1. */
export const RETAIN = 1;
export const QOS_1 = 2;
export const DUP = 8;

/**
 * Writes a PUBLISH: MQTT 3.1.1, 3.3. Gives the place after it.
 * @param flags of `RETAIN`, `QOS_1` and `DUP`
 * @param id of the packet; without effect at QoS 0
 * @param properties whether it is MQTT 5, where a packet has properties: this one has none
 */
export function writePublish(
  to: Buffer,
  start: number,
  flags: number,
  id: number,
  topic: string,
  payload: Uint8Array,
  properties = false,
): number {
  const topicLength = lengthOf(topic);
  const numbered = (flags & QOS_1) !== 0;
  let at = start;
  to[at++] = 0x30 | flags;
  let left = 2 + topicLength + (numbered ? 2 : 0) + (properties ? 1 : 0) + payload.length;
  do {
    const more = left > 127 ? 128 : 0;
    to[at++] = (left & 127) | more;
    left >>>= 7;
  } while (left > 0);
  to[at++] = topicLength >> 8;
  to[at++] = topicLength & 255;
  at = putText(to, at, topic);
  if (numbered) {
    to[at++] = id >> 8;
    to[at++] = id & 255;
  }
  if (properties) to[at++] = 0;
  return putBytes(to, at, payload);
}
