// Tests of the package in DeviceScript's virtual machine: `npx devicescript run packages/devicescript-mqtt/test/main.ts --test -k`.
import { describe, expect, test } from "@devicescript/test"
import { Backoff } from "../src/backoff.js"
import { encodePublish } from "../src/encode.js"
import { deviceNetwork, MqttClient, Network } from "../src/index.js"
import { PacketType } from "../src/packet.js"
import { Parser } from "../src/parse.js"
import { filterProblem, levelsOf, topicMatches, topicProblem } from "../src/topic.js"

describe("topics", () => {
    test("a filter matches level by level", () => {
        expect(topicMatches(levelsOf("a/+/c"), "a/b/c")).toBe(true)
        expect(topicMatches(levelsOf("a/#"), "a")).toBe(true)
        expect(topicMatches(levelsOf("a"), "ab")).toBe(false)
        expect(topicMatches(levelsOf("#"), "$SYS/uptime")).toBe(false)
    })
    test("an invalid filter or topic is recognized", () => {
        expect(filterProblem("a/#/b")).toBe("# must be the last level of a filter, alone")
        expect(topicProblem("a/+")).toBe("a topic to publish to cannot contain # or +")
        expect(topicProblem("a/b")).toBe("")
    })
})

describe("the parser", () => {
    test("reads a message that arrives one byte at a time", () => {
        const bytes = encodePublish("kitchen/été", Buffer.from("on"), 1, true, 7)
        const parser = new Parser(2048)
        for (let i = 0; i < bytes.length; i++) {
            parser.feed(bytes.slice(i, i + 1))
            const packet = parser.next()
            expect(packet !== undefined).toBe(i === bytes.length - 1)
            if (!packet || packet.type !== PacketType.Publish) continue
            expect(packet.topic).toBe("kitchen/été")
            expect(packet.payload.toString("utf-8")).toBe("on")
            expect(packet.id).toBe(7)
        }
        expect(parser.problem).toBe("")
    })
    test("reports bytes that are not MQTT", () => {
        const parser = new Parser(2048)
        parser.feed(Buffer.from("HTTP/1.1 400 Bad Request"))
        expect(parser.next()).toBe(undefined)
        expect(parser.problem).toBe("a packet of type 4 with flags 8")
    })
})

describe("the delay between attempts", () => {
    test("doubles while connections end at once, up to its maximum", () => {
        const backoff = new Backoff(1000, 30000)
        for (let n = 0; n < 3; n++) expect(backoff.ended(0) <= 1000).toBe(true)
        for (let n = 0; n < 10; n++) backoff.ended(2999)
        expect(backoff.ended(0) >= 15000).toBe(true)
        expect(backoff.ended(3000) <= 1500).toBe(true)
    })
})

describe("the client", () => {
    test("refuses an invalid option", () => {
        const network: Network = deviceNetwork({ host: "127.0.0.1", port: 1883 })
        expect(() => {
            new MqttClient(network, { clientId: "board", maxInflight: 65 })
        }).toThrow()
    })
})
