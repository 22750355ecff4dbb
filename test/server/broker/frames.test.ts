/** Tests that the broker splits received bytes into packets, checks each, keeps their order and buffers at most one. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { InboundPackets, maxPacketSize, MAX_SKIPPED_PACKET_SIZE } from "../../../server/src/broker/inbound.js";
import { ProtocolViolation } from "../../../server/src/mqtt/packet-checks.js";
import { eventually } from "../../support/eventually.js";
import { encodeField, encodePacket } from "../support/raw.js";

const MAX_PAYLOAD = 1000;
const LARGEST_PACKET = maxPacketSize(MAX_PAYLOAD);

interface RecordedCalls {
  readonly forwarded: Buffer[];
  readonly oversized: [qos: number, topic: string, packetId: number][];
  readonly violations: ProtocolViolation[];
}

/** Creates a packet splitter and records its callbacks. The first forwarded packet marks the client as connected. */
function createInbound(): { inbound: InboundPackets; feed: RecordedCalls } {
  const feed: RecordedCalls = { forwarded: [], oversized: [], violations: [] };
  let isOpen = false;
  const made = new InboundPackets(MAX_PAYLOAD, Infinity, {
    forward(bytes) {
      // record a copy, so that the comparison detects bytes that are changed later
      feed.forwarded.push(Buffer.from(bytes));
      if (isOpen) return;
      isOpen = true;
      setImmediate(() => made.open());
    },
    oversized: (...message) => void feed.oversized.push(message),
    expect() {},
    takeExpected: () => false,
    acknowledged() {},
    violated: (violation) => void feed.violations.push(violation),
    waiting() {},
    ready() {},
  });
  return { inbound: made, feed };
}

const waitForNextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Feeds bytes to a packet splitter in chunks, whose sizes in bytes `cuts` generates. */
async function feedInChunks(to: InboundPackets, bytes: Buffer, cuts: Iterator<number>): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const size = cuts.next().value as number;
    to.receive(bytes.subarray(at, at + size));
    at += size;
    if (size % 3 === 0) await waitForNextTurn();
  }
  await waitForNextTurn();
  await waitForNextTurn();
}

const version = fc.constantFrom(3, 4, 5);
const cuts = fc.infiniteStream(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 3000 })));
const id = fc.integer({ min: 1, max: 65_535 });
const level = fc.stringMatching(/^[a-zäé👍 $]{0,6}$/u);
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join("/") || "t");
const filter = fc.oneof(topic, topic.map((text) => `${text}/#`), topic.map((text) => `+/${text}`), fc.constant("#")); // prettier-ignore
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const payload = fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ maxLength: MAX_PAYLOAD })).map((bytes) => Buffer.from(bytes)); // prettier-ignore
const userProperties = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string({ maxLength: 10 }), { noNullPrototype: true }); // prettier-ignore

const publish = fc.record({ qos, topic, payload, messageId: id, retain: fc.boolean(), properties: fc.record({ userProperties }, { requiredKeys: [] }) }).map((fields): Packet => ({ cmd: "publish", dup: false, ...fields })); // prettier-ignore
const otherPacket: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({ cmd: fc.constantFrom("puback" as const, "pubrec" as const, "pubrel" as const, "pubcomp" as const), messageId: id }), // prettier-ignore
  fc.record({ messageId: id, topics: fc.array(filter, { minLength: 1, maxLength: 4 }), qos }).map(({ messageId, topics, qos }): Packet => ({ cmd: "subscribe", messageId, subscriptions: topics.map((topic) => ({ topic, qos })) })), // prettier-ignore
  fc.record({ messageId: id, unsubscriptions: fc.array(filter, { minLength: 1, maxLength: 4 }) }).map((fields): Packet => ({ cmd: "unsubscribe", ...fields })), // prettier-ignore
  fc.constant<Packet>({ cmd: "pingreq" }),
);

function encodeConnect(protocolVersion: number): Buffer {
  const protocolId = protocolVersion === 3 ? "MQIsdp" : "MQTT";
  return generate({ cmd: "connect", clientId: "x", protocolId, protocolVersion, clean: true, keepalive: 60 } as Packet);
}

const encodePackets = (packets: Packet[], protocolVersion: number): Buffer[] =>
  packets.map((packet) => generate(packet, { protocolVersion }));

/** An oversized PUBLISH: its payload size in bytes and its other fields. */
const oversizedPublish = fc.record({ qos, topic, packetId: id, size: fc.oneof(fc.integer({ min: MAX_PAYLOAD + 1, max: 70_000 }), fc.integer({ min: MAX_PAYLOAD + 1, max: MAX_SKIPPED_PACKET_SIZE - 100 })) }); // prettier-ignore

function encodeOversizedPublish({ qos, topic, packetId, size }: { qos: number; topic: string; packetId: number; size: number }): Buffer {
  const packetIdentifier = qos > 0 ? [packetId >> 8, packetId & 255] : [];
  return encodePacket(0x30 | (qos << 1), encodeField(topic), ...packetIdentifier, Buffer.alloc(size, "x"));
} // prettier-ignore

test("valid packets are forwarded complete, unchanged and in order, however they are split into chunks", async () => {
  await fc.assert(
    fc.asyncProperty(version, fc.array(fc.oneof(publish, otherPacket), { maxLength: 20 }), cuts, async (version, packets, cuts) => {
      const parts = [encodeConnect(version), ...encodePackets(packets, version)];
      const { inbound: to, feed } = createInbound();
      await feedInChunks(to, Buffer.concat(parts), cuts);
      expect(feed.violations).toEqual([]);
      expect(Buffer.concat(feed.forwarded)).toEqual(Buffer.concat(parts));
      // checks that each forwarded chunk of bytes ends at the end of a packet
      const ends = new Set<number>();
      let end = 0;
      for (const { length } of parts) ends.add((end += length));
      end = 0;
      for (const { length } of feed.forwarded) expect(ends).toContain((end += length));
    }), // prettier-ignore
    { numRuns: 300 },
  );
});

test("oversized PUBLISH packets between valid ones are dropped and reported once each, and no more than one packet is buffered", async () => {
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.oneof(publish, otherPacket) },
    { weight: 1, arbitrary: oversizedPublish },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(3, 4), fc.array(step, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.integer({ min: 1, max: 65_536 })), async (version, steps, cuts) => {
      const valid = [encodeConnect(version)];
      const all = [encodeConnect(version)];
      const reports: RecordedCalls["oversized"] = [];
      for (const step of steps) {
        const bytes = "cmd" in step ? generate(step, { protocolVersion: version }) : encodeOversizedPublish(step);
        all.push(bytes);
        if ("cmd" in step) valid.push(bytes);
        else reports.push([step.qos, step.topic, step.qos > 0 ? step.packetId : 0]);
      }
      const { inbound: to, feed } = createInbound();
      await feedInChunks(to, Buffer.concat(all), cuts);
      expect(feed.violations).toEqual([]);
      expect(feed.oversized).toEqual(reports);
      expect(Buffer.concat(feed.forwarded)).toEqual(Buffer.concat(valid));
      to.end();
    }), // prettier-ignore
    { numRuns: 100 },
  );
});

test("a packet above the size limit is refused or skipped as soon as its header has arrived", async () => {
  for (const [version, type, refused] of [[4, 0x32, false], [5, 0x32, true], [4, 0x82, true], [5, 0x82, true]] as const) {
    const { inbound: to, feed } = createInbound();
    await feedInChunks(to, encodeConnect(version), [1000].values());
    const length = LARGEST_PACKET + 1;
    to.receive(Buffer.from([type, (length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14, 0, 1, 0x61, 0, 9, 0, 0]));
    expect([version, type, feed.violations.map(({ rejection }) => rejection)]).toEqual([version, type, refused ? ["too-large"] : []]);
    expect(feed.oversized).toEqual(refused ? [] : [[1, "a", 9]]);
    if (!refused) expect(feed.forwarded).toHaveLength(1);
  }
}); // prettier-ignore

test("the bytes of a skipped packet are not kept in memory", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const measureBufferMemory = (): number => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const { inbound: to, feed } = createInbound();
  await feedInChunks(to, encodeConnect(4), [1000].values());
  const large = encodeOversizedPublish({ qos: 2, topic: "t", packetId: 5, size: MAX_SKIPPED_PACKET_SIZE - 20 });
  const before = measureBufferMemory();
  for (let at = 0; at < large.length - 65_536; at += 65_536) to.receive(Buffer.from(large.subarray(at, at + 65_536)));
  // wait, because V8 frees the memory of buffers on another thread
  await eventually(() => measureBufferMemory() - before < 3 * LARGEST_PACKET, { what: "the memory", every: 50 });
  expect(feed.oversized).toEqual([[2, "t", 5]]);
});

test("invalid bytes are forwarded or reported as one violation, after which nothing is forwarded; nothing throws", async () => {
  const flip = fc.record({ at: fc.nat(), to: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(version, fc.array(fc.oneof(publish, otherPacket), { maxLength: 8 }), fc.array(flip, { maxLength: 6 }), fc.uint8Array({ maxLength: 40 }), cuts, async (version, packets, flips, noise, cuts) => {
      const bytes = Buffer.concat([encodeConnect(version), ...encodePackets(packets, version), noise]);
      for (const { at, to } of flips) bytes[at % bytes.length] = to;
      const { inbound: to, feed } = createInbound();
      await feedInChunks(to, bytes, cuts);
      expect(feed.violations.length).toBeLessThanOrEqual(1);
      for (const violation of feed.violations) {
        expect(violation).toBeInstanceOf(ProtocolViolation);
        expect(violation.message).not.toMatch(/undefined|out of range|Cannot read/);
      }
      const passed = Buffer.concat(feed.forwarded);
      if (feed.oversized.length === 0) expect(passed).toEqual(bytes.subarray(0, passed.length));
      if (feed.violations.length === 0) return;
      const count = feed.forwarded.length;
      to.receive(encodePacket(0xc0));
      to.open();
      await waitForNextTurn();
      expect([feed.forwarded.length, feed.violations.length]).toEqual([count, 1]);
    }), // prettier-ignore
    { numRuns: 1000 },
  );
});
