/** What a client counts, from its making on. */
export class Counters {
    /** Connections that the broker accepted. */
    connects = 0
    /** PUBLISH packets that arrived, whatever became of them. */
    received = 0
    /** PUBLISH packets that were sent for the first time. */
    sent = 0
    /** Publications of QoS 1 and 2 that the broker acknowledged. */
    acknowledged = 0
    /** PUBLISH and PUBREL packets that were sent again after a reconnect. */
    resent = 0
    /** Messages that came again and were not handled again. */
    duplicates = 0
    /** Messages that were longer than `maxPacket`. */
    skipped = 0
    /** Messages of QoS 0 for which there was no room. */
    dropped = 0
    /** Calls of a handler that threw. */
    failed = 0
    /** Connections that ended because the broker refused them. */
    refused = 0
    /** Connections that ended because the stream was not MQTT. */
    malformed = 0
}
