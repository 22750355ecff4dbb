/** Compares the server's own MQTT packet reader and writer with mqtt-packet. */
import fc from "fast-check";
import { generate, parser, type IPublishPacket, type Packet } from "mqtt-packet";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { MAX_BUFFERED_BYTES, PacketReader } from "../../../server/src/mqtt/packet-reader.js";
import { PacketWriter } from "../../../server/src/mqtt/packet-writer.js";

type Version = 4 | 5;

/** A decoded packet, reduced to the fields that both parsers report. */
type DecodedPacket =
  | { topic: string; payload: string; retained: boolean; qos: number; id: number }
  | { puback: number; reason: number }
  | { cmd: string };

function decode(version: Version, chunks: Buffer[]): DecodedPacket[] {
  const decoded: DecodedPacket[] = [];
  const reader = new PacketReader(version, {
    onPublish: (topic, payload, retained, qos, id) =>
      void decoded.push({ topic, payload: payload.toString("hex"), retained, qos, id }),
    onPuback: (id, reason) => void decoded.push({ puback: id, reason }),
    onPacket: ({ cmd }) => void decoded.push({ cmd }),
  });
  for (const chunk of chunks) reader.push(chunk);
  return decoded;
}

function decodeWithMqttPacket(version: Version, bytes: Buffer): DecodedPacket[] {
  const decoded: DecodedPacket[] = [];
  const reference = parser({ protocolVersion: version });
  reference.on("packet", (packet) => {
    if (packet.cmd === "publish") {
      const { topic, payload, retain, qos, messageId = 0 } = packet;
      decoded.push({ topic, payload: Buffer.from(payload).toString("hex"), retained: retain, qos, id: messageId });
    } else if (packet.cmd === "puback") decoded.push({ puback: packet.messageId!, reason: packet.reasonCode ?? 0 });
    else decoded.push({ cmd: packet.cmd });
  });
  reference.on("error", (error) => {
    throw error;
  });
  reference.parse(bytes);
  return decoded;
}

const id = fc.integer({ min: 1, max: 65_535 });
const topic = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).filter((text) => !/[+#\0]/u.test(text));
const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

const publish = fc.record({
  cmd: fc.constant("publish" as const),
  topic,
  payload,
  qos: fc.constantFrom(0, 1, 2),
  retain: fc.boolean(),
  dup: fc.constant(false),
  messageId: id,
}) as fc.Arbitrary<IPublishPacket>;

const packetsOf = (version: Version): fc.Arbitrary<Packet[]> =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: publish },
      id.map((messageId): Packet => ({ cmd: "puback", messageId })),
      fc.constant<Packet>({ cmd: "pingresp" }),
      fc
        .record({ messageId: id, granted: fc.array(fc.constantFrom(0, 1, 128), { minLength: 1, maxLength: 5 }) })
        .map(({ messageId, granted }) => ({ cmd: "suback", messageId, granted }) as Packet),
      ...(version === 5
        ? [
            fc
              .record({ publish, userProperties: fc.dictionary(fc.constantFrom("a", "b"), fc.string()) })
              .map(({ publish, userProperties }): Packet => ({ ...publish, properties: { userProperties } })),
            id.map((messageId): Packet => ({ cmd: "puback", messageId, reasonCode: 135 })),
          ]
        : []),
    ),
    { maxLength: 20 },
  );

/** Splits bytes at the given offsets. */
function splitAt(bytes: Buffer, cuts: number[]): Buffer[] {
  const offsets = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return offsets.slice(1).map((end, i) => bytes.subarray(offsets[i], end));
}

describe.each<Version>([4, 5])("with protocol version %i", (version) => {
  const encodePackets = (list: Packet[]): Buffer =>
    Buffer.concat(list.map((packet) => generate(packet, { protocolVersion: version })));

  test("the reader decodes packets like mqtt-packet, however the bytes are split into chunks", () => {
    fc.assert(
      fc.property(packetsOf(version), fc.array(fc.nat(), { maxLength: 30 }), (list, cuts) => {
        const bytes = encodePackets(list);
        expect(decode(version, splitAt(bytes, cuts))).toEqual(decodeWithMqttPacket(version, bytes));
      }),
      { numRuns: 300 },
    );
  });

  test("the reader decodes the same packets one byte at a time", () => {
    fc.assert(
      fc.property(packetsOf(version), (list) => {
        const bytes = encodePackets(list);
        const single = Array.from(bytes, (byte) => Buffer.from([byte]));
        expect(decode(version, single)).toEqual(decode(version, [bytes]));
      }),
      { numRuns: 100 },
    );
  });

  test("the writer encodes packets that mqtt-packet decodes, in one write for each turn of the event loop", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ id, topic, payload, retain: fc.boolean(), dup: fc.boolean() }), {
          minLength: 1,
          maxLength: 50,
        }),
        async (list) => {
          const stream = new PassThrough();
          const writes: Buffer[] = [];
          stream.on("data", (bytes: Buffer) => writes.push(bytes));
          const writer = new PacketWriter(stream, version);
          for (const { id, topic, payload, retain, dup } of list) {
            writer.writePublish(id, topic, payload, retain, dup);
            writer.writePuback(id);
          }
          await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
          expect(writes).toHaveLength(1);
          const expected = list.flatMap(({ id, topic, payload, retain }) => [
            { topic, payload: payload.toString("hex"), retained: retain, qos: 1, id },
            { puback: id, reason: 0 },
          ]);
          expect(decodeWithMqttPacket(version, Buffer.concat(writes))).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("the reader throws an Error for invalid bytes, or waits for more, and never throws a TypeError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decode(version, [Buffer.from(bytes)]);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(TypeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("the reader passes on the beginning of an oversized message, skips the rest, and reads the next message", () => {
  const large = {
    cmd: "publish",
    topic: "a",
    payload: Buffer.alloc(3_000_000, 1),
    qos: 1,
    messageId: 7,
  } as IPublishPacket;
  const small = { cmd: "publish", topic: "b", payload: Buffer.from("2"), qos: 1, messageId: 8 } as IPublishPacket;
  const bytes = Buffer.concat([large, small].map((packet) => generate({ ...packet, retain: false, dup: false })));
  const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
    bytes.subarray(i * 65_536, (i + 1) * 65_536),
  );
  const decoded = decode(4, chunks) as Extract<DecodedPacket, { topic: string }>[];
  expect(decoded.map(({ topic, id }) => [topic, id])).toEqual([
    ["a", 7],
    ["b", 8],
  ]);
  expect(decoded[0].payload.length / 2).toBeLessThan(MAX_BUFFERED_BYTES + 65_536);
  expect(decoded[1].payload).toBe("32");
});
