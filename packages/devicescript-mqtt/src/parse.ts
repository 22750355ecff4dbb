/** Parses the byte stream from a broker into MQTT packets. Never throws. */

import { Ack, Packet, PacketType, QoS, SUBACK_FAILURE } from "./packet.js"
import { hasWildcard } from "./topic.js"
import { hasNull, isUtf8 } from "./utf8.js"

/** Number of body bytes kept of a packet that exceeds the limit: the topic length and the start of the topic. */
const KEPT_BYTES = 66

/** State of the parser: the part of the packet to which the next byte belongs. */
const enum Stage {
    Type,
    Length,
    Body,
}

/** Problem text for a packet identifier that [MQTT-2.3.1-1] forbids. */
const NO_ID = "a packet identifier of 0"

/** First bytes of the packets that a broker sends, except PUBLISH: type and flags. */
const FIRST_BYTES = [0x20, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0]

const NO_BYTES = Buffer.alloc(0)

function uint16(bytes: Buffer, at: number): number {
    return (bytes[at] << 8) | bytes[at + 1]
}

/**
 * Incremental MQTT parser. Pass a chunk to `feed`, then call `next` until it returns undefined.
 *
 * A packet inside one chunk is parsed without copying. A packet split across chunks is assembled in its own buffer. Of a
 * PUBLISH longer than `maxPacket`, the parser keeps only the first bytes and the packet identifier, which is enough to
 * acknowledge the message. Memory use: the chunk plus at most `maxPacket` bytes.
 */
export class Parser {
    /** Why the stream is malformed; "" if it is not. The parser ignores all bytes after a malformed packet. */
    problem = ""

    private chunk: Buffer = NO_BYTES
    private at = 0
    private stage = Stage.Type
    private first = 0
    private remaining = 0
    private shift = 0
    /** Number of body bytes of the current packet that arrived in earlier chunks. */
    private earlierBytes = 0
    /** Start of a body that is split across chunks. */
    private body: Buffer = NO_BYTES
    /** Packet identifier of an oversized PUBLISH. */
    private skippedId = 0

    /** @param maxPacket largest remaining length of a packet that is kept, in bytes */
    constructor(private maxPacket: number) {}

    /** Passes the next bytes to the parser. Before the next call, call `next` until it returns undefined. */
    feed(chunk: Buffer): void {
        this.chunk = chunk
        this.at = 0
    }

    /** Returns the next packet; undefined if the chunk contains no more complete packet or the stream is malformed. */
    next(): Packet | undefined {
        while (this.stage !== Stage.Body) {
            if (this.problem || this.at >= this.chunk.length) return this.releaseChunk()
            this.header(this.chunk[this.at++])
        }
        if (this.problem) return this.releaseChunk()
        const here = this.chunk.length - this.at
        if (this.earlierBytes === 0 && here >= this.remaining && this.remaining <= this.maxPacket) {
            const from = this.at
            this.at += this.remaining
            this.stage = Stage.Type
            return this.packet(this.chunk, from, this.at)
        }
        const missing = this.remaining - this.earlierBytes
        this.collect(here < missing ? here : missing)
        if (this.earlierBytes < this.remaining) return this.releaseChunk()
        const body = this.body
        this.body = NO_BYTES
        this.stage = Stage.Type
        return this.packet(body, 0, body.length)
    }

    /** Releases the chunk, so that its memory can be collected. */
    private releaseChunk(): undefined {
        this.chunk = NO_BYTES
        this.at = 0
        return undefined
    }

    /** Parses one byte of the fixed header, section 2.2. */
    private header(byte: number): void {
        if (this.stage === Stage.Type) {
            this.first = byte
            this.remaining = 0
            this.shift = 0
            this.stage = Stage.Length
            this.problem = firstByteProblem(byte)
            return
        }
        this.remaining |= (byte & 127) << this.shift
        this.shift += 7
        if (byte & 128) {
            if (this.shift === 28) this.problem = "a remaining length of more than four bytes"
            return
        }
        this.stage = Stage.Body
        this.earlierBytes = 0
        this.skippedId = 0
        if (this.remaining > this.maxPacket && this.first >> 4 !== PacketType.Publish)
            this.problem = wrongLength(this.first >> 4, this.remaining)
    }

    /** Consumes `count` body bytes of the chunk. Keeps as many as fit into `body`. */
    private collect(count: number): void {
        const from = this.at
        const oversized = this.remaining > this.maxPacket
        if (this.earlierBytes === 0) this.body = Buffer.alloc(oversized ? KEPT_BYTES : this.remaining)
        const room = this.body.length - this.earlierBytes
        const kept = count < room ? count : room
        if (kept > 0) this.body.set(this.chunk.slice(from, from + kept), this.earlierBytes)
        const end = this.earlierBytes + count
        if (oversized && end > 2) {
            // Collect the packet identifier separately: it follows the topic and may come after the kept bytes.
            const id = 2 + uint16(this.body, 0)
            if (id >= this.earlierBytes && id < end) this.skippedId = this.chunk[from + id - this.earlierBytes] << 8
            if (id + 1 >= this.earlierBytes && id + 1 < end)
                this.skippedId |= this.chunk[from + id + 1 - this.earlierBytes]
        }
        this.earlierBytes = end
        this.at += count
    }

    /** Parses the packet body in `bytes` between `from` and `to`. Returns undefined and sets `problem` if it is malformed. */
    private packet(bytes: Buffer, from: number, to: number): Packet | undefined {
        const type: PacketType = this.first >> 4
        const length = to - from
        if (type === PacketType.Publish) return this.publish(bytes, from, to)
        // The client's SUBSCRIBE has one filter, so SUBACK has one return code [MQTT-3.8.4-5].
        const expected = type === PacketType.Pingresp ? 0 : type === PacketType.Suback ? 3 : 2
        if (length !== expected) return this.malformed(wrongLength(type, length))
        if (type === PacketType.Pingresp) return { type }
        if (type === PacketType.Suback) return this.suback(bytes, from)
        if (type === PacketType.Connack) {
            // Bits 1 to 7 of the flags are reserved and must be 0, section 3.2.2.1.
            if (bytes[from] > 1) return this.malformed("a CONNACK with reserved flags set")
            return { type, sessionPresent: bytes[from] === 1, code: bytes[from + 1] }
        }
        const id = uint16(bytes, from)
        return id ? { type: type as Ack["type"], id } : this.malformed(NO_ID)
    }

    private publish(bytes: Buffer, from: number, to: number): Packet | undefined {
        const qos: number = (this.first >> 1) & 3
        // A PUBLISH must not have both QoS bits set [MQTT-3.3.1-4].
        if (qos === 3) return this.malformed("a PUBLISH with QoS 3")
        const skipped = this.remaining > this.maxPacket ? this.remaining : 0
        const topicEnd = from + 2 + (this.remaining < 2 ? 0 : uint16(bytes, from))
        const payload = topicEnd + (qos ? 2 : 0)
        if (payload > from + this.remaining) return this.malformed("a PUBLISH that ends within its header")
        const topicBytes = bytes.slice(from + 2, topicEnd < to ? topicEnd : to)
        const topic = topicBytes.toString("utf-8")
        // A topic name must have a character [MQTT-4.7.3-1], be valid UTF-8 [MQTT-3.3.2-1] and have no wildcard
        // [MQTT-3.3.2-2].
        if (!topicBytes.length || (!skipped && (hasWildcard(topic) || hasNull(topic) || !isUtf8(topicBytes, topic))))
            return this.malformed("a PUBLISH without a valid topic")
        const id = !qos ? 0 : skipped ? this.skippedId : uint16(bytes, topicEnd)
        if (qos && !id) return this.malformed(NO_ID)
        return {
            type: PacketType.Publish,
            id,
            topic,
            payload: skipped ? NO_BYTES : bytes.slice(payload, to),
            qos: qos as QoS,
            retain: (this.first & 1) === 1,
            dup: (this.first & 8) === 8,
            skipped,
        }
    }

    private suback(bytes: Buffer, from: number): Packet | undefined {
        const code = bytes[from + 2]
        // Return codes are 0, 1, 2 and 0x80 [MQTT-3.9.3-2].
        if (code > 2 && code !== SUBACK_FAILURE) return this.malformed(`a SUBACK with code ${code}`)
        const id = uint16(bytes, from)
        return id ? { type: PacketType.Suback, id, code } : this.malformed(NO_ID)
    }

    private malformed(problem: string): undefined {
        this.problem = problem
        return this.releaseChunk()
    }
}

function wrongLength(type: PacketType, length: number): string {
    return `a packet of type ${type} with ${length} bytes`
}

/** Returns what is wrong with the first byte of a received packet, or "", by table 2.1 and [MQTT-2.2.2-2]. */
function firstByteProblem(first: number): string {
    if (first >> 4 === PacketType.Publish || FIRST_BYTES.indexOf(first) >= 0) return ""
    return `a packet of type ${first >> 4} with flags ${first & 15}`
}
