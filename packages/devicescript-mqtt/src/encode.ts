/** Encodes MQTT packets that a client sends. Callers must validate lengths and ranges. */

import { PacketType, QoS } from "./packet.js"

/** Content of a CONNECT packet, section 3.1. */
export interface Connect {
    clientId: string
    username?: string
    password?: string
    /** Keep-alive interval in seconds, 0 to 65,535; 0 turns keep-alive off. */
    keepAlive: number
    cleanSession: boolean
    will?: { topic: string; payload: string | Buffer; qos: QoS; retain: boolean }
}

/**
 * Allocates a packet and writes its fixed header. The body starts at index `length - remaining`.
 * @param first first byte of the fixed header
 * @param remaining length of the body in bytes
 */
function allocate(first: number, remaining: number): Buffer {
    let size = 1
    for (let left = remaining; left > 0 || size === 1; left = left >> 7) size++
    const packet = Buffer.alloc(size + remaining)
    packet[0] = first
    let left = remaining
    for (let i = 1; i < size; i++) {
        packet[i] = (left & 127) | (i < size - 1 ? 128 : 0)
        left = left >> 7
    }
    return packet
}

function putUint16(packet: Buffer, at: number, value: number): number {
    packet[at] = value >> 8
    packet[at + 1] = value & 255
    return at + 2
}

function put(packet: Buffer, at: number, bytes: Buffer): number {
    packet.set(bytes, at)
    return at + bytes.length
}

/** Writes a string or binary field: two bytes with the length, then the data. Returns the index after the field. */
function putField(packet: Buffer, at: number, bytes: Buffer): number {
    return put(packet, putUint16(packet, at, bytes.length), bytes)
}

/** Converts a payload to bytes. Strings become UTF-8. */
export function bytesOf(payload: string | Buffer): Buffer {
    return typeof payload === "string" ? Buffer.from(payload) : payload
}

/** Encodes CONNECT, section 3.1. Omits will, user name and password if they are undefined. */
export function encodeConnect(connect: Connect): Buffer {
    let flags = connect.cleanSession ? 2 : 0
    // The specification fixes the order of these fields [MQTT-3.1.3-1].
    const fields: Buffer[] = [Buffer.from(connect.clientId)]
    const will = connect.will
    if (will) {
        flags |= 4 | (will.qos << 3) | (will.retain ? 32 : 0)
        fields.push(Buffer.from(will.topic))
        fields.push(bytesOf(will.payload))
    }
    if (connect.username !== undefined) {
        flags |= 128
        fields.push(Buffer.from(connect.username))
        // A password is allowed only together with a user name [MQTT-3.1.2-22].
        if (connect.password !== undefined) {
            flags |= 64
            fields.push(Buffer.from(connect.password))
        }
    }
    let remaining = 10
    for (const field of fields) remaining += 2 + field.length
    const packet = allocate(PacketType.Connect << 4, remaining)
    let at = putField(packet, packet.length - remaining, Buffer.from("MQTT"))
    packet[at] = 4
    packet[at + 1] = flags
    at = putUint16(packet, at + 2, connect.keepAlive)
    for (const field of fields) at = putField(packet, at, field)
    return packet
}

/**
 * Encodes PUBLISH, section 3.3, without the DUP flag.
 * @param id packet identifier; ignored with QoS 0
 */
export function encodePublish(topic: string, payload: Buffer, qos: QoS, retain: boolean, id: number): Buffer {
    const name = Buffer.from(topic)
    const remaining = 2 + name.length + (qos ? 2 : 0) + payload.length
    const packet = allocate((PacketType.Publish << 4) | (qos << 1) | (retain ? 1 : 0), remaining)
    let at = putField(packet, packet.length - remaining, name)
    if (qos) at = putUint16(packet, at, id)
    put(packet, at, payload)
    return packet
}

/** Sets the DUP flag of an encoded PUBLISH that is sent again, [MQTT-3.3.1-1]. */
export function setDup(publish: Buffer): void {
    publish[0] = publish[0] | 8
}

/** Encodes PUBACK, PUBREC, PUBREL or PUBCOMP, sections 3.4 to 3.7. */
export function encodeAck(type: PacketType, id: number): Buffer {
    // Of these packets, only PUBREL has a flag set: bit 1 [MQTT-3.6.1-1].
    const packet = allocate((type << 4) | (type === PacketType.Pubrel ? 2 : 0), 2)
    putUint16(packet, 2, id)
    return packet
}

/** Encodes SUBSCRIBE for one topic filter, section 3.8, or UNSUBSCRIBE, section 3.10, if `qos` is undefined. */
export function encodeRequest(id: number, filter: string, qos: QoS | undefined): Buffer {
    const subscribes = qos !== undefined
    const name = Buffer.from(filter)
    const remaining = 4 + name.length + (subscribes ? 1 : 0)
    const type = subscribes ? PacketType.Subscribe : PacketType.Unsubscribe
    const packet = allocate((type << 4) | 2, remaining)
    const at = putField(packet, putUint16(packet, packet.length - remaining, id), name)
    if (subscribes) packet[at] = qos
    return packet
}

/** Encodes PINGREQ or DISCONNECT, sections 3.12 and 3.14, which have no body. */
export function encodeEmpty(type: PacketType.Pingreq | PacketType.Disconnect): Buffer {
    return allocate(type << 4, 0)
}
