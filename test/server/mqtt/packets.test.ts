/** The packets that the server reads and writes by itself, held against mqtt-packet. */
import fc from "fast-check";
import { generate, parser, type IPublishPacket, type Packet } from "mqtt-packet";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { HELD, Input } from "../../../server/src/mqtt/packet-reader.js";
import { Output } from "../../../server/src/mqtt/packet-writer.js";

type Version = 4 | 5;

/** A packet as far as the two readers can be compared. */
type Read =
  | { topic: string; payload: string; retained: boolean; qos: number; id: number }
  | { puback: number; reason: number }
  | { cmd: string };

function byInput(version: Version, chunks: Buffer[]): Read[] {
  const read: Read[] = [];
  const input = new Input(version, {
    publish: (topic, payload, retained, qos, id) =>
      void read.push({ topic, payload: payload.toString("hex"), retained, qos, id }),
    puback: (id, reason) => void read.push({ puback: id, reason }),
    packet: ({ cmd }) => void read.push({ cmd }),
  });
  for (const chunk of chunks) input.push(chunk);
  return read;
}

function byOracle(version: Version, bytes: Buffer): Read[] {
  const read: Read[] = [];
  const oracle = parser({ protocolVersion: version });
  oracle.on("packet", (packet) => {
    if (packet.cmd === "publish") {
      const { topic, payload, retain, qos, messageId = 0 } = packet;
      read.push({ topic, payload: Buffer.from(payload).toString("hex"), retained: retain, qos, id: messageId });
    } else if (packet.cmd === "puback") read.push({ puback: packet.messageId!, reason: packet.reasonCode ?? 0 });
    else read.push({ cmd: packet.cmd });
  });
  oracle.on("error", (error) => {
    throw error;
  });
  oracle.parse(bytes);
  return read;
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

const packets = (version: Version): fc.Arbitrary<Packet[]> =>
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

/** Cuts bytes at these places. */
function pieces(bytes: Buffer, cuts: number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

describe.each<Version>([4, 5])("MQTT of protocol version %i", (version) => {
  const encoded = (list: Packet[]): Buffer =>
    Buffer.concat(list.map((packet) => generate(packet, { protocolVersion: version })));

  test("is read as mqtt-packet reads it, however the bytes are cut", () => {
    fc.assert(
      fc.property(packets(version), fc.array(fc.nat(), { maxLength: 30 }), (list, cuts) => {
        const bytes = encoded(list);
        expect(byInput(version, pieces(bytes, cuts))).toEqual(byOracle(version, bytes));
      }),
      { numRuns: 300 },
    );
  });

  test("is read the same one byte at a time", () => {
    fc.assert(
      fc.property(packets(version), (list) => {
        const bytes = encoded(list);
        const single = Array.from(bytes, (byte) => Buffer.from([byte]));
        expect(byInput(version, single)).toEqual(byInput(version, [bytes]));
      }),
      { numRuns: 100 },
    );
  });

  test("is written as mqtt-packet reads it, and leaves in one write a turn", async () => {
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
          const output = new Output(stream, version);
          for (const { id, topic, payload, retain, dup } of list) {
            output.publish(id, topic, payload, retain, dup);
            output.puback(id);
          }
          await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
          expect(writes).toHaveLength(1);
          const expected = list.flatMap(({ id, topic, payload, retain }) => [
            { topic, payload: payload.toString("hex"), retained: retain, qos: 1, id },
            { puback: id, reason: 0 },
          ]);
          expect(byOracle(version, Buffer.concat(writes))).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("which is none ends in an error or is waited for, and never in anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          byInput(version, [Buffer.from(bytes)]);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(TypeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("of a message that is too large its beginning is passed on, the rest is skipped, and the next one is read", () => {
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
  const read = byInput(4, chunks) as Extract<Read, { topic: string }>[];
  expect(read.map(({ topic, id }) => [topic, id])).toEqual([
    ["a", 7],
    ["b", 8],
  ]);
  expect(read[0].payload.length / 2).toBeLessThan(HELD + 65_536);
  expect(read[1].payload).toBe("32");
});
