/** Tests the validation of data from Redis: valid data passes, invalid data is refused, and nothing throws. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkMembership } from "../../server/src/cluster/checks/membership.js";
import {
  actionsProblem,
  discoveryTopicProblem,
  lampProblem,
  overrideProblem,
  recordProblem,
} from "../../server/src/cluster/checks/stored.js";
import { isServerName, parseList, readPeerMessage } from "../../server/src/cluster/checks/peer-messages.js";
import type { StorageClock } from "../../server/src/time/storage-clock.js";
import { decodeBatch, encodeBatch } from "../../server/src/cluster/forwarding.js";
import { recordOf, snapshotOf, unwrittenOf, type DeviceRecord } from "../../server/src/cluster/device-records.js";
import { toDeviceView } from "../../server/src/devices/describe-device.js";
import { Device } from "../../server/src/devices/devices.js";
import { discoveryTopicOf } from "../../server/src/outputs/homeassistant/names.js";
import { getTestSeed } from "../support/seed.js";

const NOW = Date.UTC(2026, 6, 1);
/** A storage clock whose times equal those of the monotonic clock. */
const CLOCK: StorageClock = { now: () => NOW, toWall: (time) => time, fromWall: (time) => time };
const SERVER_NAME_PREFIX = "nightlight-server-";
const OWN_NAME = `${SERVER_NAME_PREFIX}0123456789ab-7`;

const integer = fc.oneof(fc.nat(2000), fc.nat(0x7fffffff));

/** A device that has received random readings. */
const device = fc
  .array(
    fc.record({ boot: fc.nat(3), seq: integer, age: integer, at: fc.option(fc.maxSafeNat(), { nil: undefined }), live: fc.boolean() }), // prettier-ignore
    { maxLength: 30 },
  )
  .map((readings) => {
    const one = new Device("nightlight/porch");
    readings.forEach(({ boot, seq, age, at, live }, n) => {
      const now = NOW - 100_000 + n * 1000;
      one.recordMessage(now);
      const reading = { light: seq % 1024, boot, seq, age, at };
      const placed = one.placeReading(reading, now, live);
      one.acceptReading(reading.light, seq, placed.arrival === "newest" ? placed.measuredAt : one.measuredAt);
      one.recordDecision({ led_on: seq % 2 === 0, since: now });
      one.setLed(seq % 2 === 0);
      if (n % 3 === 0) one.applyStatus({ online: true, board: "b", firmware: "1" }, true);
    });
    return one;
  });

const copyThroughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Values that often cause errors, and arbitrary values. */
const hostileValue = fc.oneof(
  fc.constantFrom<unknown>(null, NaN, Infinity, -1, 1e16, 0.5, "", "hello", [], {}, [[]], true, { ask: 1 }, "AAAA"),
  fc.anything(),
);

/** Generates a copy of the value in which one part, at any depth, is replaced by a hostile value. */
function generateDamagedCopies(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== "object" || value === null) return hostileValue;
  const keys = Object.keys(value);
  if (keys.length === 0) return hostileValue;
  return fc.oneof(
    { weight: 1, arbitrary: hostileValue },
    {
      weight: 6,
      arbitrary: fc.constantFrom(...keys).chain((key) =>
        generateDamagedCopies((value as Record<string, unknown>)[key]).map((other) => {
          const copy: unknown = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
          (copy as Record<string, unknown>)[key] = other;
          return copy;
        }),
      ),
    },
  );
}

describe("stored records", () => {
  test("the record of a device is valid, whatever the board sent", () => {
    fc.assert(
      fc.property(device, (one) => {
        const unwritten = [{ time: one.measuredAt, light: one.light ?? 0, arrived: NOW }];
        const record = copyThroughJson(recordOf(one, one.light === undefined ? [] : unwritten, CLOCK));
        expect(recordProblem(record, NOW)).toBe("");
      }),
      { seed: getTestSeed() },
    );
  });

  test("a damaged record is refused, or a device can be restored from it and shown", () => {
    const any = device.chain((one) => generateDamagedCopies(copyThroughJson(recordOf(one, [], CLOCK))));
    let accepted = 0;
    fc.assert(
      fc.property(any, (record) => {
        if (recordProblem(record, NOW)) return;
        accepted++;
        const one = new Device("nightlight/porch");
        one.restore(snapshotOf(record as DeviceRecord, CLOCK));
        for (const { time, light } of unwrittenOf(record as DeviceRecord)) {
          expect(Number.isSafeInteger(time)).toBe(true);
          expect(light).toBeGreaterThanOrEqual(0);
        }
        const placed = one.obtainBoots().placeReading(1, 5, { light: 1 }, NOW, true);
        expect(Number.isSafeInteger(placed.measuredAt)).toBe(true);
        const { last_seen, light } = copyThroughJson(toDeviceView(one)) as {
          last_seen: string | null;
          light: number | null;
        };
        expect(last_seen === null || Date.parse(last_seen) <= NOW + 86_400_000).toBe(true);
        expect(light === null || (light >= 0 && light <= 1023)).toBe(true);
      }),
      { seed: getTestSeed(), numRuns: 1000 },
    );
    // a damaged record may still be valid, but most must be refused for the test to be meaningful
    expect(accepted).toBeLessThan(900);
  });

  test.each<[string, (value: unknown, now: number) => string, unknown]>([
    ["an override", overrideProblem, { mode: "on", until: NOW + 1000 }],
    ["an override with a duration", overrideProblem, { mode: "on", until: NOW + 1000, duration: 60_000 }],
    ["an override without an end", overrideProblem, { mode: "off" }],
    ["a lamp", lampProblem, { led_on: true, since: NOW }],
    ["actions", actionsProblem, { last: 9, expired: 3, identify: [9], pending: [{ seq: 4, until: NOW + 1 }, { seq: 9, until: NOW + 2.5 }] }], // prettier-ignore
  ])(
    "%s is valid as a server writes it, and never causes an exception when it is damaged",
    (_name, problemOf, value) => {
      expect(problemOf(value, NOW)).toBe("");
      fc.assert(
        fc.property(generateDamagedCopies(value), (other) => {
          expect(typeof problemOf(other, NOW)).toBe("string");
        }),
        { seed: getTestSeed() },
      );
    },
  );

  test("an impossible time is refused in every field", () => {
    const one = new Device("nightlight/porch");
    one.obtainBoots().placeReading(1, 1, { light: 1, at: 5 }, NOW, true);
    const record = copyThroughJson(recordOf(one, [], CLOCK)) as unknown[];
    for (const place of [3, 5, 6])
      for (const time of [NaN, Infinity, NOW + 2 * 86_400_000, 1e20, "1", null])
        expect(recordProblem(record.with(place, time), NOW)).not.toBe("");
    expect(overrideProblem({ mode: "on", until: Infinity }, NOW)).not.toBe("");
    expect(lampProblem({ led_on: true, since: NaN }, NOW)).not.toBe("");
    expect(actionsProblem({ last: 1, expired: 0, pending: [{ seq: 1, until: 1e300 }] }, NOW)).not.toBe("");
  });

  test("only this server's discovery topics are accepted as discovery topics", () => {
    expect(discoveryTopicProblem(discoveryTopicOf("homeassistant", "nightlight/pörch 1"))).toBe("");
    for (const topic of [
      "",
      "homeassistant/#",
      "nightlight/porch/commands",
      "a/device/other/config",
      "a/device/nightlight_x/config/y",
    ])
      // prettier-ignore
      expect(discoveryTopicProblem(topic)).not.toBe("");
  });
});

describe("a message between servers", () => {
  const messages = [
    { ask: 1, from: OWN_NAME, request: { method: "GET", url: "/api/devices" } },
    {
      ask: 2,
      from: OWN_NAME,
      request: { method: "PUT", url: "/api/devices/nightlight/porch/mode", body: { mode: "on" } },
    },
    { answer: 3, with: { status: 200, text: "[]" } },
    { answer: 3, with: { status: 204, text: "" } },
    { follow: OWN_NAME },
    { events: 'event: device\ndata: {"id":"a"}\n\nevent: zones\ndata: []\n\n' },
  ];

  test.each(messages)("the message %j is decoded", (word) => {
    expect(readPeerMessage(Buffer.from(JSON.stringify(word)), SERVER_NAME_PREFIX)).toEqual({ message: word });
  });

  test("any bytes are decoded or refused with a reason", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc
        .constantFrom(...messages)
        .chain((word) => generateDamagedCopies(word).map((one) => Buffer.from(JSON.stringify(one) ?? ""))),
      fc.constantFrom("hello", "null", '{"ask":1}', "[]", "1", '{"events":"x"}', "+", "+\n").map((text) => Buffer.from(text)), // prettier-ignore
    );
    fc.assert(
      fc.property(bytes, (word) => {
        const { message: understood, problem } = readPeerMessage(word, SERVER_NAME_PREFIX);
        expect(understood === undefined).toBe(typeof problem === "string");
      }),
      { seed: getTestSeed(), numRuns: 1000 },
    );
  });

  test("a damaged batch of forwarded messages is refused, or has valid times, topics and lengths", () => {
    const batch = encodeBatch({
      from: OWN_NAME,
      number: 5,
      hops: 1,
      confirmations: [1, 2],
      messages: [
        { topic: "a/telemetry", payload: Buffer.from('{"light":1}'), delivery: { now: NOW, live: true } },
        { topic: "b/set", payload: Buffer.from("\n\t"), delivery: { now: NOW + 3, live: false, before: NOW } },
      ],
    });
    const edits = fc.array(fc.tuple(fc.nat(batch.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(edits, (all) => {
        const bytes = Buffer.from(batch);
        for (const [at, byte] of all) bytes[at] = byte;
        const read = decodeBatch(bytes, SERVER_NAME_PREFIX, CLOCK);
        if (!read) return;
        expect(isServerName(read.from, SERVER_NAME_PREFIX)).toBe(true);
        for (const { delivery, payload } of read.messages) {
          expect(Number.isSafeInteger(delivery.now) && delivery.now <= NOW + 86_400_000).toBe(true);
          expect(payload.length).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { seed: getTestSeed(), numRuns: 1000 },
    );
  });

  test("another server's list of devices is accepted only if every element is an object with an id", () => {
    expect(parseList('[{"id":"a"}]', "id")).toEqual([{ id: "a" }]);
    for (const text of ["", "null", "{}", "[1]", "[null]", '[{"id":1}]', "[{}]"])
      expect(parseList(text, "id")).toBeUndefined();
  });
});

test("only names of this cluster's servers count as members, so no other client's session is taken over", () => {
  const { view: roll, invalidNames } = checkMembership(
    [
      4,
      0,
      [OWN_NAME, "homeassistant", `${SERVER_NAME_PREFIX}x`],
      [OWN_NAME, "4"],
      ["homeassistant", "1", `${SERVER_NAME_PREFIX}0123456789ab-6`, "soon"],
      "m",
      [],
      NOW,
    ],
    SERVER_NAME_PREFIX,
  );
  expect(roll.members).toEqual([OWN_NAME]);
  expect(roll.allReleased).toBe(true);
  expect([...roll.undrained]).toEqual([[`${SERVER_NAME_PREFIX}0123456789ab-6`, NOW]]);
  expect(invalidNames).toEqual(["homeassistant", `${SERVER_NAME_PREFIX}x`, "homeassistant"]);
});
