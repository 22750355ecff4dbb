/** Statistics of an MQTT client, counted since its creation. */
export class Counters {
    /** Number of connections that the broker accepted. */
    connects = 0
    /** Number of PUBLISH packets received, including duplicates and dropped ones. */
    received = 0
    /** Number of PUBLISH packets sent for the first time. */
    sent = 0
    /** Number of publications of QoS 1 and 2 that the broker acknowledged. */
    acknowledged = 0
    /** Number of PUBLISH and PUBREL packets sent again after a reconnect. */
    resent = 0
    /** Number of received messages that were ignored as duplicates. */
    duplicates = 0
    /** Number of received messages that were skipped because they exceed `maxPacket`. */
    skipped = 0
    /** Number of received QoS 0 messages that were dropped because the inbox was full. */
    dropped = 0
    /** Number of calls of callbacks and message handlers that threw an exception. */
    failed = 0
    /** Number of connections that the broker refused in CONNACK. */
    refused = 0
    /** Number of connections that ended because the broker sent invalid MQTT. */
    malformed = 0
}
