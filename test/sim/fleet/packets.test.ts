import fc from "fast-check";
import mqttPacket, { type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { PacketReader, encodePuback, encodePublish } from "../../../sim/fleet/packets.js";

function parseAll(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on("packet", (packet) => packets.push(packet));
  parser.on("error", (error) => {
    throw error;
  });
  parser.parse(bytes);
  return packets;
}

describe("the packets of a fleet", () => {
  it("are valid for mqtt-packet at any length", () => {
    const textsUpTo = (most: number) => fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: most });
    fc.assert(
      fc.property(
        textsUpTo(90),
        textsUpTo(20_000),
        fc.integer({ min: 0, max: 65_535 }),
        fc.boolean(),
        (topic, payload, id, retain) => {
          const [packet] = parseAll(encodePublish(topic, payload, id, retain));
          const common = { cmd: "publish", topic, retain, qos: id ? 1 : 0, dup: false };
          expect(packet).toMatchObject({ ...common, payload: Buffer.from(payload), ...(id && { messageId: id }) });
        },
      ),
    );
    expect(parseAll(encodePuback(0x1234))).toMatchObject([{ cmd: "puback", messageId: 0x1234 }]);
  });

  it("are found in a broker's stream, however TCP splits the stream", () => {
    const sent = [5, 130, 20_000].map((length) => encodePublish("a/b", "x".repeat(length), 7, false));
    sent.push(encodePuback(9));
    const bytes = Buffer.concat(sent);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), (cuts) => {
        const read: Buffer[] = [];
        const reader = new PacketReader((_type, _flags, all, from, to) =>
          read.push(Buffer.from(all.subarray(from, to))),
        );
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        for (let n = 1; n < places.length; n++) reader.push(bytes.subarray(places[n - 1], places[n]));
        expect(read.map(({ length }) => length)).toEqual([12, 137, 20_007, 2]);
        expect(read[2].equals(sent[2].subarray(4))).toBe(true);
      }),
      { numRuns: 50 },
    );
    const reader = new PacketReader(() => {});
    expect(() => reader.push(Buffer.from([0x30, 255, 255, 255, 255, 1]))).toThrow("more than four bytes");
  });
});
