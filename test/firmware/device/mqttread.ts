// Runs the MQTT codec on one input and returns the result as text. Compiled for Node and for DeviceScript.
import {
    encodeAck,
    encodeConnect,
    encodePublish,
    encodeRequest,
} from "../../../packages/devicescript-mqtt/src/encode.js"
import { PacketType } from "../../../packages/devicescript-mqtt/src/packet.js"
import { Parser } from "../../../packages/devicescript-mqtt/src/parse.js"
import { filterProblem, topicMatches, topicProblem } from "../../../packages/devicescript-mqtt/src/topic.js"

/** Parses `stream` in chunks of `size` bytes. Returns the packets as text. */
export function readStream(stream: Buffer, size: number): string {
    const parser = new Parser(128)
    let text = ""
    for (let at = 0; at < stream.length; at += size) {
        // DeviceScript's slice() pads with zeros beyond the end of the buffer.
        parser.feed(stream.slice(at, Math.min(at + size, stream.length)))
        for (;;) {
            const p = parser.next()
            if (!p) break
            text += "|" + p.type
            if (p.type === PacketType.Publish)
                text += `:${p.id}:${p.qos}:${p.retain}:${p.dup}:${p.skipped}:${toHex(p.topic)}:${p.payload.toString("hex")}`
            else if (p.type === PacketType.Connack) text += `:${p.code}:${p.sessionPresent}`
            else if (p.type === PacketType.Suback) text += `:${p.id}:${p.code}`
            else if (p.type !== PacketType.Pingresp) text += `:${p.id}`
        }
    }
    return `${parser.problem}${text}`
}

/** Encodes packets that contain `text`. Returns the packets as hexadecimal text. */
export function writeText(text: string, n: number): string {
    const qos = (n & 1) + ((n >> 1) & 1)
    const will = { topic: text, payload: text, qos: 2 as const, retain: true }
    const connect = { clientId: text, username: text, password: text, keepAlive: n, cleanSession: n % 2 === 1, will }
    return [
        encodeConnect(connect),
        encodePublish(text, Buffer.from(text), qos as 0 | 1 | 2, n % 3 === 0, n),
        encodeRequest(n, text, 1),
        encodeAck(PacketType.Pubrel, n),
    ]
        .map(packet => packet.toString("hex"))
        .join(" ")
}

/** Validates and matches a topic filter and a topic. Returns the results as text. */
export function matchText(filter: string, topic: string): string {
    if (filterProblem(filter) || topicProblem(topic)) return `${filterProblem(filter)} ${topicProblem(topic)}`
    return topicMatches(filter.split("/"), topic) ? "yes" : "no"
}

function toHex(text: string): string {
    return Buffer.from(text).toString("hex")
}
