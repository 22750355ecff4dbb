/** Tests the SQLite history: batches, device ids, damaged files, failed writes and a dying thread. */
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { NUMBERS_PER_POINT, extendIds, type WriteRequest } from "../../server/src/history/protocol.js";
import { SqliteStore } from "../../server/src/history/store.js";
import { sweepStore } from "../../server/src/history/sweep.js";
import { HistoryThread } from "../../server/src/history/thread.js";
import { HistoryWriter } from "../../server/src/history/writer.js";
import { eventually } from "../support/eventually.js";
import { addReadingEverySecond, testHistoryGuarantees } from "./history-promises.js";
import {
  countReadings,
  devicesById,
  RETAIN_FOREVER,
  openSqliteHistory,
  createSqliteDatabase,
} from "./support/history.js";
import { createTemporaryFolder } from "./support/server.js";

const historyFileIn = (folder: string): string => path.join(folder, "history.db");

testHistoryGuarantees(createSqliteDatabase);

test("two histories that share device objects keep their data apart", async () => {
  const [first, second] = [await (await createSqliteDatabase()).open(), await (await createSqliteDatabase()).open()];
  addReadingEverySecond(first, "porch", 3);
  addReadingEverySecond(first, "cellar", 2);
  for (const [index, id] of ["attic", "cellar", "hall", "porch"].entries())
    addReadingEverySecond(second, id, 10 + index);
  addReadingEverySecond(first, "hall", 1);
  const countReadingsByDevice = (kept: typeof first): Promise<number[]> =>
    Promise.all(["attic", "cellar", "hall", "porch"].map((id) => countReadings(kept, id)));
  expect(await countReadingsByDevice(first)).toEqual([0, 2, 1, 3]);
  expect(await countReadingsByDevice(second)).toEqual([10, 11, 12, 13]);
});

test("the array of device ids stays limited when devices come and go, and readings stay with their device", async () => {
  const file = historyFileIn(await createTemporaryFolder());
  const thread = new HistoryThread(() => ({ file, retention: RETAIN_FOREVER, runId: 1, ids: [] }), expect.unreachable);
  const most: number[] = [];
  const recordWrite = (request: WriteRequest): Promise<void> => {
    most.push(request.firstNewIndex + request.newIds.length);
    return thread.call("write", request);
  };
  const writer = new HistoryWriter({ name: file, write: recordWrite }, expect.unreachable, 100);
  const stays = Array.from({ length: 30 }, (_, n) => ({ id: `stays/${n}`, historyNumber: 0 }));
  for (let round = 0; round < 40; round++) {
    for (const [n, device] of stays.entries())
      if (n % 3 === round % 3) writer.addReading(device, { time: round, light: n });
    // creates new objects for these devices in each round, as a server does when devices move between servers
    for (let n = 0; n < 20; n++)
      writer.addReading({ id: `moves/${n}`, historyNumber: 0 }, { time: round, light: 100 + n });
    // waits only in every fourth round, so that several writes with different lists of device ids are queued
    const written = writer.flush();
    if (round % 4 === 0) await written;
  }
  await writer.flush();
  expect(Math.max(...most)).toBeLessThanOrEqual(130);
  const pointsOf = async (device: string): Promise<number[][]> => {
    const { points } = await thread.call("query", { device, from: 0, to: 1000, points: 1000 });
    return Array.from({ length: points.length / NUMBERS_PER_POINT }, (_, at) => [
      ...points.subarray(at * NUMBERS_PER_POINT, at * NUMBERS_PER_POINT + 2),
    ]);
  };
  const rounds = Array.from({ length: 40 }, (_, round) => round);
  for (const n of [0, 7, 29])
    expect(await pointsOf(`stays/${n}`)).toEqual(
      rounds.filter((round) => n % 3 === round % 3).map((round) => [round, n]),
    );
  for (const n of [0, 19]) expect(await pointsOf(`moves/${n}`)).toEqual(rounds.map((round) => [round, 100 + n]));
  await writer.close();
  await thread.call("close");
  await thread.terminate();
});

describe("forgetting a device", () => {
  test("forgetting a device deletes all its rows and no rows of other devices", async () => {
    const store = new SqliteStore(historyFileIn(await createTemporaryFolder()));
    onTestFinished(() => store.close());
    const times = Float64Array.from({ length: 30_000 }, (_, n) => n * 60_000);
    for (let device = 0; device < 3; device++)
      store.write(
        {
          devices: new Uint32Array(times.length).fill(device),
          times,
          lights: new Uint16Array(times.length),
          switches: {
            devices: new Uint32Array(2500).fill(device),
            times: times.subarray(0, 2500),
            led_on: new Uint8Array(2500).fill(1),
            by: new Uint8Array(2500),
            reasonIndexes: new Uint16Array(2500),
            reasonTexts: [""],
            first: 0,
          },
        },
        ["before", "forgotten", "after"],
      );
    store.compact();
    const readTableSizes = () =>
      ["devices", "chunks", "hours", "switch_runs"].map((table) =>
        Number(store.database.selectRows(`SELECT count(*) AS count FROM ${table}`)[0].count),
      );
    expect(readTableSizes()).toEqual([3, 9000, 1500, 750]);
    store.forget("forgotten");
    const steps = [...sweepStore(store, RETAIN_FOREVER, Date.now())];
    expect(readTableSizes()).toEqual([2, 6000, 1000, 500]);
    expect(steps.length).toBeGreaterThan(20);
  });
});

describe("failures", () => {
  test("a file that is not a database is moved aside and replaced", async () => {
    const folder = await createTemporaryFolder();
    await writeFile(historyFileIn(folder), "my diary\n".repeat(1000));
    const kept = await openSqliteHistory(folder);
    addReadingEverySecond(kept, "porch", 10);
    expect(await countReadings(kept, "porch")).toBe(10);
    expect(kept.problems).toHaveLength(1);
    expect(kept.problems[0]).toMatch(
      /history\.db is damaged \(.+\): the server moved it to .+damaged.+ and created a new one/,
    );
    const damagedCopy = (await readdir(folder)).find((name) => name.includes("damaged"))!;
    expect(await readFile(path.join(folder, damagedCopy), "utf8")).toContain("my diary");
  });

  test.each([
    ["empty", 0, /was empty\. The server created a new one/],
    ["zeros only", 50_000, /is damaged .*moved it to/],
  ])("a file that is %s is reported and replaced", async (_what, length, message) => {
    const folder = await createTemporaryFolder();
    await writeFile(historyFileIn(folder), Buffer.alloc(length));
    const kept = await openSqliteHistory(folder);
    addReadingEverySecond(kept, "porch", 10);
    expect(await countReadings(kept, "porch")).toBe(10);
    expect(kept.problems).toEqual([expect.stringMatching(message)]);
  });

  test("a partly damaged file is moved aside when a query reads the damage, and new entries are kept", async () => {
    const folder = await createTemporaryFolder();
    const first = await openSqliteHistory(folder);
    for (let board = 0; board < 10; board++) addReadingEverySecond(first, `board/${board}`, 20_000);
    await first.close();
    const file = await open(historyFileIn(folder), "r+");
    const { size } = await stat(historyFileIn(folder));
    // overwrite all pages except the first ten, which hold the schema
    await file.write(Buffer.alloc(size - 10 * 8192, 0xa5), 0, null, 10 * 8192);
    await file.close();
    const kept = await openSqliteHistory(folder);
    addReadingEverySecond(kept, "porch", 10);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, board) => countReadings(kept, `board/${board}`)));
    expect(answers).toContain(0);
    expect(kept.problems.join()).toMatch(/damaged/);
    expect(await countReadings(kept, "porch")).toBe(10);
    addReadingEverySecond(kept, "board/3", 5);
    await kept.close();
    const again = await openSqliteHistory(folder);
    expect(await countReadings(again, "porch")).toBe(10);
    expect(again.problems).toEqual([]);
  });

  test("a batch is written after half a second, and the next one as soon as the first is on disk", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const batches: { readonly size: number; done(): void }[] = [];
    const delayWrite = ({ times }: WriteRequest): Promise<void> =>
      new Promise<void>((done) => batches.push({ size: times.length, done }));
    const writer = new HistoryWriter({ name: "file", write: delayWrite }, expect.unreachable);
    const porch = { id: "porch", historyNumber: 0 };
    writer.addReading(porch, { time: 1, light: 1 });
    await vi.advanceTimersByTimeAsync(500);
    expect(batches.map(({ size }) => size)).toEqual([1]);
    expect(writer.stats).toEqual({ waiting: 1, written: 0, lost: 0 });
    for (let time = 2; time <= 4; time++) writer.addReading(porch, { time, light: 1 });
    await vi.advanceTimersByTimeAsync(500);
    expect(batches).toHaveLength(1);
    batches[0].done();
    await vi.advanceTimersByTimeAsync(0);
    expect(batches.map(({ size }) => size)).toEqual([1, 3]);
    expect(writer.stats).toEqual({ waiting: 3, written: 1, lost: 0 });
  });

  test("failing writes are reported once, and later succeed without loss", async () => {
    const folder = await createTemporaryFolder();
    await mkdir(historyFileIn(folder));
    const kept = await openSqliteHistory(folder);
    expect(kept.problems).toHaveLength(1);
    addReadingEverySecond(kept, "porch", 10_000);
    await expect(countReadings(kept, "porch")).rejects.toThrow(/Could not open/);
    expect(kept.stats).toEqual({ waiting: 10_000, written: 0, lost: 0 });
    await rmdir(historyFileIn(folder));
    await eventually(() => kept.stats.waiting === 0, { what: "the pending entries to be written" });
    expect(await countReadings(kept, "porch")).toBe(10_000);
    expect(kept.problems).toHaveLength(2);
    expect(kept.problems[1]).toMatch(/cannot be written \(.+\): \d+ readings and switches wait/);
  });

  test("the oldest entries beyond the backlog limit are counted as lost, and close does not hang", async () => {
    const folder = await createTemporaryFolder();
    await mkdir(historyFileIn(folder));
    const kept = await openSqliteHistory(folder);
    addReadingEverySecond(kept, "porch", 250_000);
    await eventually(() => kept.stats.lost === 50_000, { what: "the oldest to be lost" });
    expect(kept.stats.waiting).toBe(200_000);
    await kept.close();
    expect(kept.stats).toEqual({ waiting: 0, written: 0, lost: 250_000 });
    expect(kept.problems.at(-1)).toMatch(/200000 were lost/);
    await expect(countReadings(kept, "porch")).rejects.toThrow(/closed/);
    kept.addReading("porch", { time: 1, light: 1 });
  });

  test("when the history thread dies, a new one continues without losing or duplicating entries", async () => {
    const file = historyFileIn(await createTemporaryFolder());
    const problems: string[] = [];
    const thread: HistoryThread = new HistoryThread(
      () => ({ file, retention: RETAIN_FOREVER, runId: 1, ids }),
      (problem) => problems.push(problem),
    );
    let ids: string[] = [];
    /**
     * Whether the server receives the confirmation of each of the first five writes, or whether the history thread ends
     * before it confirms the write.
     */
    const confirmations = ["comes", "lost", "comes", "lost", "lost"];
    const engine = {
      name: file,
      async write(request: WriteRequest) {
        ids = extendIds(ids, request);
        await thread.call("write", request);
        if (confirmations.shift() === "lost") {
          await thread.terminate();
          throw new Error("the history thread stopped");
        }
      },
    };
    const device = devicesById();
    const writer = new HistoryWriter(engine, (problem) => problems.push(problem));
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 20_000; n++) {
        writer.addReading(device(`board/${round}/${n % 7}`), { time: round * 1e6 + n, light: n % 1024 });
        if (n % 1000 === 0)
          writer.addSwitch(device("porch"), { time: round * 1e6 + n, led_on: true, by: "server", reason: "" });
      }
      await eventually(() => writer.stats.written > round * 20_000, { what: "the first batch" });
      await thread.terminate();
      await eventually(() => writer.stats.waiting === 0, { what: "the replacement thread to write" });
    }
    const { points } = await thread.call("query", { device: "board/2/6", from: 0, to: 1e7, points: 1 });
    expect(points[4]).toBe(Math.floor(20_000 / 7));
    const { switches } = await thread.call("query", { device: "porch", from: 0, to: 1e7, points: 1 });
    const times = [0, 1e6, 2e6].flatMap((round) => Array.from({ length: 20 }, (_, n) => round + n * 1000));
    expect(switches.map(({ time }) => time)).toEqual(times);
    await writer.close();
    await thread.call("close");
    await thread.terminate();
    expect(writer.stats).toEqual({ waiting: 0, written: 60_060, lost: 0 });
    expect(existsSync(`${file}.lock`)).toBe(false);
  });
});
