/** MQTT 3.1.1 control packets that a client receives. Clause numbers refer to the specification. */

/** Quality of service: at most once, at least once, exactly once. */
export type QoS = 0 | 1 | 2

/** MQTT control packet type, table 2.1. */
export const enum PacketType {
    Connect = 1,
    Connack = 2,
    Publish = 3,
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
    Subscribe = 8,
    Suback = 9,
    Unsubscribe = 10,
    Unsuback = 11,
    Pingreq = 12,
    Pingresp = 13,
    Disconnect = 14,
}

/** SUBACK return code of a refused subscription, section 3.9.3. */
export const SUBACK_FAILURE = 0x80

/** Largest remaining length, which is encoded in up to four bytes, section 2.2.3. */
export const MAX_REMAINING_LENGTH = 268435455

/** Largest packet identifier, and largest length of a string in bytes. */
export const MAX_UINT16 = 65535

/** PUBLISH: a message from the broker. */
export interface Publish {
    readonly type: PacketType.Publish
    /** Packet identifier; 0 if the message must not be acknowledged. */
    id: number
    /** The topic; for a skipped message, at most its first 64 bytes. */
    readonly topic: string
    readonly payload: Buffer
    readonly qos: QoS
    readonly retain: boolean
    readonly dup: boolean
    /** Remaining length of a message that exceeded the limit and whose payload was discarded; otherwise 0. */
    readonly skipped: number
}

/** CONNACK: the broker's answer to CONNECT. */
export interface Connack {
    readonly type: PacketType.Connack
    /** Return code, table 3.1; 0 if the broker accepted the connection. */
    readonly code: number
    /** Whether the broker kept the session. */
    readonly sessionPresent: boolean
}

/** SUBACK: the broker's answer to SUBSCRIBE. */
export interface Suback {
    readonly type: PacketType.Suback
    readonly id: number
    /** Return code, section 3.9.3: the granted QoS or `SUBACK_FAILURE`. */
    readonly code: number
}

/** A packet whose body is only a packet identifier, such as PUBACK. */
export interface Ack {
    readonly type: PacketType.Puback | PacketType.Pubrec | PacketType.Pubrel | PacketType.Pubcomp | PacketType.Unsuback
    readonly id: number
}

export interface Pingresp {
    readonly type: PacketType.Pingresp
}

/** Any packet that a broker sends. */
export type Packet = Publish | Connack | Suback | Ack | Pingresp
