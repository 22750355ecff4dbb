/** A stream of bytes from a broker, cut anyhow, becomes packets. Pure; never throws. */

import { Ack, Packet, PacketType, QoS, SUBACK_FAILURE } from "./packet.js"
import { isText } from "./utf8.js"

/** How much is kept of a packet that is longer than the limit: enough to say which one it was. */
const HEAD = 66

const HASH = 35
const PLUS = 43

/** What the next byte is. */
const enum Stage {
    Type,
    Length,
    Body,
}

/** [MQTT-2.3.1-1] */
const NO_ID = "a packet identifier of 0"

const NO_BYTES = Buffer.alloc(0)

function uint16(bytes: Buffer, at: number): number {
    return (bytes[at] << 8) | bytes[at + 1]
}

/**
 * The incremental parser. Give it a chunk with `feed`, then call `next` until it gives undefined.
 *
 * A packet that lies within one chunk is read where it lies; one that is cut is put together in a buffer of its own
 * size. Of a PUBLISH whose remaining length is above `maxPacket` only the first bytes are held, but its packet
 * identifier is always found, so that it can be acknowledged. Memory: the chunk, and at most `maxPacket` bytes.
 */
export class Parser {
    /** Says in half a sentence why the stream is malformed; "" as long as it is not. Nothing is read after that. */
    problem = ""

    private chunk: Buffer = NO_BYTES
    private at = 0
    private stage = Stage.Type
    private first = 0
    private remaining = 0
    private shift = 0
    /** How many bytes of the body went by in earlier chunks. */
    private seen = 0
    /** What is held of a body that was cut. */
    private body: Buffer = NO_BYTES
    /** Packet identifier of an oversized PUBLISH, caught as it goes by. */
    private skippedId = 0

    /** `maxPacket`: the largest remaining length that is held, in bytes. */
    constructor(private maxPacket: number) {}

    /** Gives the parser the next bytes. Call `next` until it gives undefined before the chunk after that. */
    feed(chunk: Buffer): void {
        this.chunk = chunk
        this.at = 0
    }

    /** The next packet; undefined when the chunk is used up or the stream is malformed. */
    next(): Packet | undefined {
        while (this.stage !== Stage.Body) {
            if (this.problem || this.at >= this.chunk.length) return this.pause()
            this.header(this.chunk[this.at++])
        }
        if (this.problem) return this.pause()
        const here = this.chunk.length - this.at
        if (this.seen === 0 && here >= this.remaining && this.remaining <= this.maxPacket) {
            const from = this.at
            this.at += this.remaining
            this.stage = Stage.Type
            return this.packet(this.chunk, from, this.at)
        }
        const missing = this.remaining - this.seen
        this.collect(here < missing ? here : missing)
        if (this.seen < this.remaining) return this.pause()
        const body = this.body
        this.body = NO_BYTES
        this.stage = Stage.Type
        return this.packet(body, 0, body.length)
    }

    /** Lets go of the chunk, for the sake of the heap. */
    private pause(): undefined {
        this.chunk = NO_BYTES
        this.at = 0
        return undefined
    }

    /** One byte of the fixed header, section 2.2. */
    private header(byte: number): void {
        if (this.stage === Stage.Type) {
            this.first = byte
            this.remaining = 0
            this.shift = 0
            this.stage = Stage.Length
            this.problem = typeProblem(byte)
            return
        }
        this.remaining |= (byte & 127) << this.shift
        this.shift += 7
        if (byte & 128) {
            if (this.shift === 28) this.problem = "a remaining length of more than four bytes"
            return
        }
        this.stage = Stage.Body
        this.seen = 0
        this.skippedId = 0
        if (this.remaining > this.maxPacket && this.first >> 4 !== PacketType.Publish)
            this.problem = `a packet of type ${this.first >> 4} with ${this.remaining} bytes`
    }

    /** Takes `count` bytes of the body out of the chunk, and holds those that there is room for. */
    private collect(count: number): void {
        const from = this.at
        const oversized = this.remaining > this.maxPacket
        if (this.seen === 0) this.body = Buffer.alloc(oversized ? HEAD : this.remaining)
        const room = this.body.length - this.seen
        const held = count < room ? count : room
        if (held > 0) this.body.set(this.chunk.slice(from, from + held), this.seen)
        const end = this.seen + count
        if (oversized && end > 2) {
            // the packet identifier follows the topic, which is too long to be held itself, perhaps
            const id = 2 + uint16(this.body, 0)
            if (id >= this.seen && id < end) this.skippedId = this.chunk[from + id - this.seen] << 8
            if (id + 1 >= this.seen && id + 1 < end) this.skippedId |= this.chunk[from + id + 1 - this.seen]
        }
        this.seen = end
        this.at += count
    }

    /** The packet whose body is `bytes` from `from` up to `to`; undefined, and `problem` set, when it is malformed. */
    private packet(bytes: Buffer, from: number, to: number): Packet | undefined {
        const type: PacketType = this.first >> 4
        const length = to - from
        if (type === PacketType.Publish) return this.publish(bytes, from, to)
        if (type === PacketType.Pingresp) return length === 0 ? { type } : this.malformed("a PINGRESP with a body")
        if (type === PacketType.Suback) return this.suback(bytes, from, to)
        if (length !== 2) return this.malformed(`a packet of type ${type} with ${length} bytes, not 2`)
        if (type === PacketType.Connack) {
            if (bytes[from] > 1) return this.malformed("a CONNACK with reserved flags set") // [MQTT-3.2.2-1]
            return { type, sessionPresent: bytes[from] === 1, code: bytes[from + 1] }
        }
        const id = uint16(bytes, from)
        return id ? { type: type as Ack["type"], id } : this.malformed(NO_ID)
    }

    private publish(bytes: Buffer, from: number, to: number): Packet | undefined {
        const qos: number = (this.first >> 1) & 3
        if (qos === 3) return this.malformed("a PUBLISH with QoS 3") // [MQTT-3.3.1-4]
        const skipped = this.remaining > this.maxPacket ? this.remaining : 0
        const topicEnd = from + 2 + (this.remaining < 2 ? 0 : uint16(bytes, from))
        const payload = topicEnd + (qos ? 2 : 0)
        if (payload > from + this.remaining) return this.malformed("a PUBLISH that ends within its header")
        if (topicEnd === from + 2) return this.malformed("a PUBLISH without a topic") // [MQTT-4.7.3-1]
        if (!skipped && !isTopicName(bytes, from + 2, topicEnd)) return this.malformed("a PUBLISH to no topic name")
        const id = !qos ? 0 : skipped ? this.skippedId : uint16(bytes, topicEnd)
        if (qos && !id) return this.malformed(NO_ID)
        return {
            type: PacketType.Publish,
            id,
            topic: bytes.slice(from + 2, topicEnd < to ? topicEnd : to).toString("utf-8"),
            payload: skipped ? NO_BYTES : bytes.slice(payload, to),
            qos: qos as QoS,
            retain: (this.first & 1) === 1,
            dup: (this.first & 8) === 8,
            skipped,
        }
    }

    private suback(bytes: Buffer, from: number, to: number): Packet | undefined {
        if (to - from < 3) return this.malformed("a SUBACK without a return code")
        const codes: number[] = []
        for (let i = from + 2; i < to; i++) {
            // [MQTT-3.9.3-2]
            if (bytes[i] > 2 && bytes[i] !== SUBACK_FAILURE) return this.malformed(`a SUBACK with code ${bytes[i]}`)
            codes.push(bytes[i])
        }
        const id = uint16(bytes, from)
        return id ? { type: PacketType.Suback, id, codes } : this.malformed(NO_ID)
    }

    private malformed(problem: string): undefined {
        this.problem = problem
        return this.pause()
    }
}

/** Says what is wrong with the first byte of a packet from a broker, table 2.1 and [MQTT-2.2.2-2]; "" when nothing is. */
function typeProblem(first: number): string {
    const type: PacketType = first >> 4
    if (type === PacketType.Publish) return ""
    const known =
        type === PacketType.Connack ||
        (type >= PacketType.Puback && type <= PacketType.Pubcomp) ||
        type === PacketType.Suback ||
        type === PacketType.Unsuback ||
        type === PacketType.Pingresp
    if (!known) return `a packet of type ${type}, which brokers do not send`
    const flags = type === PacketType.Pubrel ? 2 : 0
    return (first & 15) === flags ? "" : `a packet of type ${type} with wrong flags`
}

/** Text without wildcards, [MQTT-3.3.2-1] and [MQTT-3.3.2-2]. */
function isTopicName(bytes: Buffer, from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (bytes[i] === HASH || bytes[i] === PLUS) return false
    return isText(bytes, from, to)
}
