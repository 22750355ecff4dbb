/** Statistics of an MQTT client, counted since its creation. */
export class Counters {
    /** Connections that the broker accepted. */
    connects = 0
    /** PUBLISH packets received, including duplicates and dropped ones. */
    received = 0
    /** PUBLISH packets sent for the first time. */
    sent = 0
    /** Publications of QoS 1 and 2 that the broker acknowledged. */
    acknowledged = 0
    /** PUBLISH and PUBREL packets sent again after a reconnect. */
    resent = 0
    /** Received messages that were ignored as duplicates. */
    duplicates = 0
    /** Received messages that were skipped because they exceed `maxPacket`. */
    skipped = 0
    /** Received QoS 0 messages that were dropped because the inbox was full. */
    dropped = 0
    /** Callbacks and message handlers that threw. */
    failed = 0
    /** Connections that the broker refused in CONNACK. */
    refused = 0
    /** Connections that ended because the broker sent invalid MQTT. */
    malformed = 0
}
