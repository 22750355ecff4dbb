/** Compares the MQTT codec with an independent one, `mqtt-packet`, in both directions. */
import fc from "fast-check";
import mqtt, { type Packet as Oracle } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import {
  encodeAck,
  encodeConnect,
  encodeEmpty,
  encodePublish,
  encodeRequest,
  setDup,
} from "../../packages/devicescript-mqtt/src/encode.js";
import { type Packet, PacketType, type QoS } from "../../packages/devicescript-mqtt/src/packet.js";
import { Parser } from "../../packages/devicescript-mqtt/src/parse.js";
import { TEST_ALL } from "../support/programs.js";

const MAX_PACKET = 2048;

const qos = fc.constantFrom<QoS>(0, 1, 2);
const id = fc.integer({ min: 1, max: 65535 });
const character = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(..."abcé/€😀 ") },
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
);
const text = fc
  .array(character, { minLength: 1, maxLength: 40 })
  .map((parts) => parts.join("").replace(/[\0\ud800-\udfff+#]/gu, "-"));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

/** Parses whole packets with `mqtt-packet`. */
function parseWithMqttPacket(data: Buffer): Oracle[] {
  const packets: Oracle[] = [];
  const parser = mqtt.parser({ protocolVersion: 4 });
  parser.on("packet", (packet) => packets.push(packet));
  parser.on("error", (error) => {
    throw error;
  });
  expect(parser.parse(data)).toBe(0);
  return packets;
}

/** Parses chunks with our parser. Returns the packets and the problem, if any. */
function parseChunks(chunks: Buffer[], maxPacket = MAX_PACKET): { packets: Packet[]; problem: string } {
  const parser = new Parser(maxPacket);
  const packets: Packet[] = [];
  for (const chunk of chunks) {
    parser.feed(chunk);
    for (let packet = parser.next(); packet; packet = parser.next()) packets.push(packet);
  }
  return { packets, problem: parser.problem };
}

/** Generates a packet that a broker may send, encoded by `mqtt-packet`, and the expected result of our parser. */
const brokerPacket: fc.Arbitrary<{ data: Buffer; packet: Packet }> = fc.oneof(
  fc.record({ topic: text, payload: bytes, qos, retain: fc.boolean(), dup: fc.boolean(), id }).map((p) => {
    const dup = p.dup && p.qos > 0;
    const messageId = p.qos ? p.id : undefined;
    return {
      data: mqtt.generate({ cmd: "publish", ...p, dup, messageId }),
      packet: { type: PacketType.Publish as const, ...p, dup, id: p.qos ? p.id : 0, skipped: 0 },
    };
  }),
  fc.record({ code: fc.integer({ min: 0, max: 5 }), sessionPresent: fc.boolean() }).map((p) => ({
    data: mqtt.generate({ cmd: "connack", returnCode: p.code, sessionPresent: p.sessionPresent }),
    packet: { type: PacketType.Connack as const, ...p },
  })),
  fc.record({ id, code: fc.constantFrom(0, 1, 2, 128) }).map((p) => ({
    data: mqtt.generate({ cmd: "suback", messageId: p.id, granted: [p.code as QoS] }),
    packet: { type: PacketType.Suback as const, ...p },
  })),
  fc
    .record({
      id,
      kind: fc.constantFrom(
        ["puback", PacketType.Puback] as const,
        ["pubrec", PacketType.Pubrec] as const,
        ["pubrel", PacketType.Pubrel] as const,
        ["pubcomp", PacketType.Pubcomp] as const,
        ["unsuback", PacketType.Unsuback] as const,
      ),
    })
    .map(({ id, kind: [cmd, type] }) => ({
      data: mqtt.generate({ cmd, messageId: id } as Oracle),
      packet: { type, id },
    })),
  fc.constant({ data: mqtt.generate({ cmd: "pingresp" }), packet: { type: PacketType.Pingresp as const } }),
);

const stream = fc.array(brokerPacket, { minLength: 1, maxLength: 8 });

/** Splits `data` before each offset. */
function splitAt(data: Buffer, offsets: number[]): Buffer[] {
  const at = [0, ...offsets.map((o) => o % (data.length + 1)).sort((a, b) => a - b), data.length];
  return at.slice(1).map((end, i) => data.subarray(at[i], end));
}

describe("mqtt-packet decodes what the client encodes:", () => {
  it("CONNECT, with and without will, user name and password", () => {
    const connect = fc.record({
      clientId: text,
      keepAlive: fc.integer({ min: 0, max: 65535 }),
      cleanSession: fc.boolean(),
      username: fc.option(text, { nil: undefined }),
      password: fc.option(text, { nil: undefined }),
      will: fc.option(fc.record({ topic: text, payload: bytes, qos, retain: fc.boolean() }), { nil: undefined }),
    });
    fc.assert(
      fc.property(connect, (c) => {
        const [packet] = parseWithMqttPacket(encodeConnect(c));
        expect(packet).toMatchObject({
          cmd: "connect",
          protocolId: "MQTT",
          protocolVersion: 4,
          clientId: c.clientId,
          keepalive: c.keepAlive,
          clean: c.cleanSession,
          ...(c.username !== undefined && { username: c.username }),
          ...(c.will && { will: c.will }),
        });
        const { username, password, will } = packet as mqtt.IConnectPacket;
        expect(username).toBe(c.username);
        expect(password?.toString()).toBe(c.username === undefined ? undefined : c.password);
        expect(will === undefined).toBe(c.will === undefined);
      }),
    );
  });

  it("PUBLISH, at every length of the remaining length field", () => {
    const sizes = fc.oneof(
      bytes,
      fc.constantFrom(100, 127, 128, 16_383, 16_384, 70_000).map((n) => Buffer.alloc(n, 7)),
    );
    fc.assert(
      fc.property(text, sizes, qos, fc.boolean(), fc.boolean(), id, (topic, payload, qos, retain, dup, id) => {
        const data = encodePublish(topic, payload, qos, retain, id);
        if (dup && qos) setDup(data);
        const [packet] = parseWithMqttPacket(data);
        expect(packet).toMatchObject({ cmd: "publish", topic, qos, retain, dup: dup && qos > 0 });
        expect(payload.equals((packet as mqtt.IPublishPacket).payload as Buffer)).toBe(true);
        expect(packet.messageId).toBe(qos ? id : undefined);
      }),
    );
  });

  it("acknowledgements, SUBSCRIBE, UNSUBSCRIBE, PINGREQ and DISCONNECT", () => {
    fc.assert(
      fc.property(id, text, qos, (id, filter, qos) => {
        const parseFirst = (data: Buffer) => parseWithMqttPacket(data)[0];
        expect(parseFirst(encodeAck(PacketType.Puback, id))).toMatchObject({ cmd: "puback", messageId: id });
        expect(parseFirst(encodeAck(PacketType.Pubrec, id))).toMatchObject({ cmd: "pubrec", messageId: id });
        expect(parseFirst(encodeAck(PacketType.Pubrel, id))).toMatchObject({ cmd: "pubrel", messageId: id });
        expect(parseFirst(encodeAck(PacketType.Pubcomp, id))).toMatchObject({ cmd: "pubcomp", messageId: id });
        const subscribe = parseFirst(encodeRequest(id, filter, qos));
        expect(subscribe).toMatchObject({ cmd: "subscribe", messageId: id, subscriptions: [{ topic: filter, qos }] });
        const unsubscribe = parseFirst(encodeRequest(id, filter, undefined));
        expect(unsubscribe).toMatchObject({ cmd: "unsubscribe", messageId: id, unsubscriptions: [filter] });
        expect(parseFirst(encodeEmpty(PacketType.Pingreq))).toMatchObject({ cmd: "pingreq" });
        expect(parseFirst(encodeEmpty(PacketType.Disconnect))).toMatchObject({ cmd: "disconnect" });
      }),
    );
  });
});

describe("the client decodes what mqtt-packet encodes:", () => {
  it("every packet that a broker sends", () => {
    fc.assert(
      fc.property(stream, (parts) => {
        const read = parseChunks([Buffer.concat(parts.map((part) => part.data))]);
        expect(read).toEqual({ packets: parts.map((part) => part.packet), problem: "" });
      }),
      { numRuns: 500 },
    );
  });

  it("the same packets for every chunking of a stream", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 30 }), (parts, offsets) => {
        const data = Buffer.concat(parts.map((part) => part.data));
        const whole = parseChunks([data]);
        expect(parseChunks(splitAt(data, offsets))).toEqual(whole);
        expect(parseChunks([...data].map((byte) => Buffer.from([byte])))).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a packet above maxPacket", () => {
  it("is skipped for every chunking; its identifier is known and later packets are parsed", () => {
    const topics = fc.oneof(
      text,
      fc.constantFrom(1, 60, 64, 65, 66, 300).map((n) => "t".repeat(n)),
    );
    const oversized = fc.record({ topic: topics, size: fc.integer({ min: 129, max: 700 }), qos, id });
    fc.assert(
      fc.property(oversized, fc.array(fc.nat(), { maxLength: 20 }), ({ topic, size, qos, id }, offsets) => {
        const messageId = qos ? id : undefined;
        const payload = Buffer.alloc(size, 1);
        const publish = mqtt.generate({ cmd: "publish", topic, payload, qos, retain: false, dup: false, messageId });
        const data = Buffer.concat([publish, mqtt.generate({ cmd: "pingresp" })]);
        const { packets, problem } = parseChunks(splitAt(data, offsets), 128);
        expect(problem).toBe("");
        expect(packets).toHaveLength(2);
        expect(packets[0]).toMatchObject({ type: PacketType.Publish, id: qos ? id : 0, qos, payload: Buffer.alloc(0) });
        const { skipped, topic: head } = packets[0] as Packet & { skipped: number; topic: string };
        expect(skipped).toBe(Buffer.byteLength(topic) + size + 2 + (qos ? 2 : 0));
        expect(head).toBe(Buffer.from(topic).subarray(0, 64).toString());
        expect(packets[1]).toEqual({ type: PacketType.Pingresp });
      }),
      { numRuns: 500 },
    );
  });

  it("does not make the parser allocate more than maxPacket, whatever its length field says", () => {
    const parser = new Parser(128);
    // The header announces 268,435,455 bytes, the largest length that four bytes can encode.
    parser.feed(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f, 0, 1, 97, 0, 9]));
    expect(parser.next()).toBeUndefined();
    const before = process.memoryUsage().arrayBuffers;
    const chunk = Buffer.alloc(1024);
    for (let i = 0; i < 10_000; i++) {
      parser.feed(chunk);
      expect(parser.next()).toBeUndefined();
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(parser.problem).toBe("");
  });
});

describe("a malformed stream", () => {
  const malformed: [string, number[]][] = [
    ["packet type 0", [0x00, 0]],
    ["packet type 15", [0xf0, 0]],
    ["a packet that clients send: CONNECT", [0x10, 0]],
    ["a packet that clients send: SUBSCRIBE", [0x82, 0]],
    ["a packet that clients send: PINGREQ", [0xc0, 0]],
    ["wrong flags on PUBACK [MQTT-2.2.2-2]", [0x41, 2, 0, 1]],
    ["wrong flags on PUBREL [MQTT-3.6.1-1]", [0x60, 2, 0, 1]],
    ["a remaining length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80, 1]],
    ["QoS 3 [MQTT-3.3.1-4]", [0x36, 5, 0, 1, 97, 0, 1]],
    ["packet identifier 0 [MQTT-2.3.1-1]", [0x32, 5, 0, 1, 97, 0, 0]],
    ["packet identifier 0 in PUBACK", [0x40, 2, 0, 0]],
    ["a PUBLISH that is shorter than its topic", [0x30, 3, 0, 2, 97]],
    ["a PUBLISH without the length of its topic", [0x30, 1, 0]],
    ["an empty PUBLISH", [0x30, 0]],
    ["a PUBLISH without room for its identifier", [0x32, 4, 0, 1, 97, 0]],
    ["an empty topic [MQTT-4.7.3-1]", [0x30, 2, 0, 0]],
    ["a wildcard in a topic [MQTT-3.3.2-2]", [0x30, 3, 0, 1, 35]],
    ["U+0000 in a topic [MQTT-1.5.3-2]", [0x30, 3, 0, 1, 0]],
    ["a topic that is not UTF-8 [MQTT-1.5.3-1]", [0x30, 3, 0, 1, 0xff]],
    ["a surrogate in a topic [MQTT-1.5.3-1]", [0x30, 5, 0, 3, 0xed, 0xa0, 0x80]],
    ["an overlong form in a topic", [0x30, 4, 0, 2, 0xc0, 0x80]],
    ["CONNACK of three bytes", [0x20, 3, 0, 0, 0]],
    ["reserved flags in CONNACK", [0x20, 2, 2, 0]],
    ["PINGRESP with a body", [0xd0, 1, 0]],
    ["SUBACK without a return code", [0x90, 2, 0, 1]],
    ["SUBACK with return code 3 [MQTT-3.9.3-2]", [0x90, 3, 0, 1, 3]],
    ["an oversized packet that is no PUBLISH", [0x90, 0xff, 0x7f]],
  ];
  it.each(malformed)("is rejected for %s, and later bytes are ignored", (_, data) => {
    const rest = mqtt.generate({ cmd: "pingresp" });
    const whole = parseChunks([Buffer.concat([Buffer.from(data), rest])]);
    expect(whole.packets).toEqual([]);
    expect(whole.problem).not.toBe("");
    expect(parseChunks([...data, ...rest].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  const RUNS = TEST_ALL ? 100_000 : 20_000;

  it(`never throws: ${RUNS} mutated streams`, { timeout: 120_000 }, () => {
    const mutation = fc.record({
      parts: fc.array(brokerPacket, { minLength: 1, maxLength: 4 }),
      flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      offsets: fc.array(fc.nat(), { maxLength: 3 }),
    });
    const seen = { broken: 0, whole: 0 };
    fc.assert(
      fc.property(mutation, ({ parts, flips, offsets }) => {
        const data = Buffer.concat(parts.map((part) => part.data));
        for (const [at, value] of flips) data[at % data.length] = value;
        const chunked = parseChunks(splitAt(data, offsets), 256);
        seen[chunked.problem ? "broken" : "whole"]++;
        const whole = parseChunks([data], 256);
        if (chunked.problem !== whole.problem || chunked.packets.length !== whole.packets.length)
          throw new Error(`read otherwise in pieces: ${data.toString("hex")}`);
      }),
      { numRuns: RUNS },
    );
    // Requires that the random mutations produced both invalid and valid packets, at least one in twenty of each.
    expect(seen.broken).toBeGreaterThan(RUNS / 20);
    expect(seen.whole).toBeGreaterThan(RUNS / 20);
  });
});
