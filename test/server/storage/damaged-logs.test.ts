/** Tests damaged files of the journal and the retained messages: little is lost, and every loss is reported. */
import fc from "fast-check";
import { mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import { Devices } from "../../../server/src/devices/devices.js";
import { Journal } from "../../../server/src/ingest/journal/journal.js";
import { RecentReadings } from "../../../server/src/history/recent.js";
import { RetainedMessages } from "../../../server/src/storage/retained.js";
import { decodeLog, encodeLog } from "../../../server/src/storage/log-format.js";
import { createTemporaryFolder } from "../support/server.js";

const payload = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const payloads = fc.array(payload, { minLength: 1, maxLength: 8 });
const bitMask = fc.integer({ min: 1, max: 255 });

/** Returns whether `part` contains the elements of `whole` in the same order, except for at most `missing` of them. */
function lacksAtMost(part: readonly Buffer[], whole: readonly Buffer[], missing: number): boolean {
  let at = 0;
  for (const one of whole) if (at < part.length && part[at].equals(one)) at++;
  return at === part.length && whole.length - part.length <= missing;
}

describe("a log file", () => {
  test("a log file with one damaged byte loses at most one record and has one gap", () => {
    fc.assert(
      fc.property(payloads, fc.nat(), bitMask, (payloads, at, flip) => {
        const file = encodeLog(payloads);
        file[at % file.length] ^= flip;
        const { payloads: found, unreadable } = decodeLog(file);
        expect(lacksAtMost(found, payloads, 1)).toBe(true);
        expect(unreadable).toHaveLength(1);
      }),
      { numRuns: 1000 },
    );
  });

  test("a log file that is cut off anywhere has every record before the cut, and a gap or no end mark", () => {
    fc.assert(
      fc.property(payloads, fc.nat(), (payloads, at) => {
        const file = encodeLog(payloads);
        const { payloads: found, unreadable, hasEndMark: closed } = decodeLog(file.subarray(0, at % file.length));
        expect(found).toEqual(payloads.slice(0, found.length));
        expect(unreadable.length > 0 || closed === false).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("a log file with an overwritten range has every record outside the range", () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.nat(200), fc.constantFrom(0, 0xff), (payloads, at, length, byte) => {
        const file = encodeLog(payloads);
        const begin = at % file.length;
        if (begin + length >= file.length - 16) return;
        file.fill(byte, begin, begin + length);
        let end = 16;
        const whole = payloads.filter((payload) => {
          const start = end;
          end += 16 + payload.length;
          return end <= begin || start >= begin + length;
        });
        const { payloads: found } = decodeLog(file);
        for (const payload of whole) expect(found.some((one) => one.equals(payload))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("a log file without a readable header, first frame or end mark has no record, and is one gap", () => {
    const file = encodeLog([Buffer.from("a record"), Buffer.from("another record")]);
    file.fill(0, 0, 32);
    file.fill(0, file.length - 16);
    expect(decodeLog(file)).toEqual({
      ...{ payloads: [], unreadable: [{ at: 0, length: file.length }], hasEndMark: false, endMark: undefined },
    });
  });

  test("a log file with random bytes is decoded without an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { payloads, unreadable } = decodeLog(Buffer.from(bytes));
        if (bytes.length > 0 && payloads.length === 0) expect(unreadable.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

/** Kinds of damage to a file, with the number of messages that may be missing afterwards. */
const DAMAGES: readonly [name: string, damage: (bytes: Buffer) => Buffer, missing: number][] = [
  ["one flipped byte in the middle", (bytes) => flipBit(bytes, bytes.length >> 1), 1],
  ["one flipped byte at its beginning", (bytes) => flipBit(bytes, 3), 0],
  ["a missing end", (bytes) => bytes.subarray(0, -20), 1],
  ["nothing in it", () => Buffer.alloc(0), 20],
  ["zeros only", (bytes) => Buffer.alloc(bytes.length), 20],
];

function flipBit(bytes: Buffer, at: number): Buffer {
  bytes[at] ^= 0x40;
  return bytes;
}

describe.each(DAMAGES)("a file with %s", (_name, damage, missing) => {
  async function openRetained(folder: string): Promise<{ messages: RetainedMessages; reports: string[] }> {
    const reports: string[] = [];
    const handlers = { writeFailed: expect.unreachable, messageDropped: expect.unreachable };
    const messages = new RetainedMessages(folder, handlers, {
      wasClosed: true,
      reportDamage: (text) => reports.push(text),
    });
    await messages.restore();
    return { messages, reports };
  }

  test("a damaged file loses only the retained messages of the damaged record, and is kept and reported once", async () => {
    const folder = await createTemporaryFolder();
    const first = await openRetained(folder);
    for (let n = 0; n < 20; n++) {
      first.messages.store({ topic: `lamp/${n}`, payload: Buffer.from(`on ${n}`), qos: 1 });
      first.messages.write();
    }
    await first.messages.close();
    const [name] = await readdir(folder);
    const damaged = damage(await readFile(path.join(folder, name)));
    await writeFile(path.join(folder, name), damaged);

    const second = await openRetained(folder);
    expect(second.messages.size).toBeGreaterThanOrEqual(20 - missing);
    expect(second.reports).toEqual([expect.stringMatching(/\d{12}\.log (is damaged|was cut off).*retained messages/)]);
    const aside = /kept as (.+?\d{3}Z)\. /.exec(second.reports[0])?.[1];
    if (damaged.length > 0) expect(await readFile(aside!)).toEqual(damaged);
    const { size } = second.messages;
    await second.messages.close();
    const third = await openRetained(folder);
    expect([third.messages.size, third.reports]).toEqual([size, []]);
    await third.messages.close();
  });

  test("a damaged file loses only the journal readings of the damaged record, and is kept and reported once", async () => {
    const folder = await createTemporaryFolder();
    async function openJournal() {
      const reports: string[] = [];
      const data = await openDataFolder(folder);
      const [devices, recent] = [new Devices(), new RecentReadings()];
      const reportDamage = (text: string): void => void reports.push(text);
      const { health, wasKilled } = data;
      const targets = {
        readingStored: () => {},
        cleanupFailed: expect.unreachable,
        reportDamage,
        wasClosed: !wasKilled,
        health,
      };
      const journal = new Journal({ folder: data.journal, recent, ...targets });
      data.markRestoring();
      await journal.restore(devices, () => {});
      return { data, devices, recent, journal, reports };
    }
    const first = await openJournal();
    const device = first.devices.obtain("board")!;
    for (let seq = 1; seq <= 20; seq++) {
      const reading = { light: seq, boot: 1, seq, at: seq, age: 0 };
      device.obtainBoots().placeReading(1, seq, reading, seq, true);
      await first.journal.add(device, reading, seq, true, { time: seq, light: seq, led_on: true });
    }
    await first.journal.close();
    await first.data.close();
    const file = path.join(folder, "journal", "000000000001.log");
    await writeFile(file, damage(await readFile(file)));

    const second = await openJournal();
    const known = second.recent.pointsOf("board").length;
    expect(known).toBeGreaterThanOrEqual(20 - missing);
    expect(second.reports).toEqual([expect.stringMatching(/000000000001\.log (is damaged|was cut off).*acknowledged/)]);
    await second.journal.close();
    await second.data.close();
    const third = await openJournal();
    expect([third.recent.pointsOf("board").length, third.reports]).toEqual([known, []]);
    await third.journal.close();
    await third.data.close();
  });
});

test("a file without an end mark after kill -9 is not reported as damaged, at the next start or later", async () => {
  const folder = path.join(await createTemporaryFolder(), "retained");
  const payload = Buffer.alloc(20, 1);
  await mkdir(folder);
  const file = path.join(folder, "000000000001.log");
  await writeFile(file, encodeLog([payload]));
  await truncate(file, (await readFile(file)).length - 16);
  for (const closed of [false, true]) {
    const handlers = { writeFailed: expect.unreachable, messageDropped: () => {} };
    const messages = new RetainedMessages(folder, handlers, { wasClosed: closed, reportDamage: expect.unreachable });
    await messages.restore();
    await messages.close();
  }
});
