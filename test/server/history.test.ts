/** What the history promises: nothing is lost that could be kept, and nothing that goes wrong stops the server. */
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Database } from "../../server/src/history/database.js";
import type { History } from "../../server/src/history/history.js";
import { Store } from "../../server/src/history/store.js";
import { sweep } from "../../server/src/history/sweep.js";
import { HistoryThread } from "../../server/src/history/thread.js";
import { Writer } from "../../server/src/history/writer.js";
import { eventually } from "../support/eventually.js";
import { count, FOR_EVER, history } from "./support/history.js";
import { temporaryFolder } from "./support/server.js";

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.UTC(2026, 5, 1);

/** One reading a second, of light 500. */
function addSeconds(to: History, device: string, seconds: number, from = MIDNIGHT): void {
  for (let n = 0; n < seconds; n++) to.addReading(device, { time: from + n * SECOND, light: 500 });
}

const fileIn = (folder: string): string => path.join(folder, "history.db");

describe("what was added", () => {
  test("a spike of one reading is in the plot of a month", async () => {
    const kept = await history(await temporaryFolder());
    for (let minute = 0; minute < 30 * 24 * 60; minute++)
      kept.addReading("porch", { time: MIDNIGHT + minute * 60_000, light: 100 });
    kept.addReading("porch", { time: MIDNIGHT + 17 * DAY + 12_345, light: 1023 });
    const { points, step } = await kept.query({
      device: "porch",
      from: MIDNIGHT,
      to: MIDNIGHT + 30 * DAY,
      points: 1000,
    });
    expect(step).toBe(HOUR);
    expect(points).toHaveLength(720);
    expect(points[17 * 24]).toEqual({ time: MIDNIGHT + 17 * DAY, min: 100, max: 1023, last: 100, count: 61 });
    expect(points.filter(({ max }) => max > 100)).toHaveLength(1);
  });

  test("few readings are each by themselves, with their light to a quarter", async () => {
    const kept = await history(await temporaryFolder());
    kept.addReading("porch", { time: MIDNIGHT, light: 211.25 });
    kept.addReading("porch", { time: MIDNIGHT + 1, light: 1022.9 });
    const { points, step } = await kept.query({ device: "porch", from: MIDNIGHT, to: MIDNIGHT + 2, points: 2 });
    expect(step).toBe(0);
    expect(points.map(({ time, last }) => [time, last])).toEqual([
      [MIDNIGHT, 211.25],
      [MIDNIGHT + 1, 1023],
    ]);
  });

  test("what a board delivers late goes where it belongs, and twice is once", async () => {
    const kept = await history(await temporaryFolder());
    addSeconds(kept, "porch", 7200);
    const query = { device: "porch", from: MIDNIGHT, to: MIDNIGHT + 2 * HOUR, points: 2 };
    expect((await kept.query(query)).points.map(({ count, max }) => [count, max])).toEqual([
      [3600, 500],
      [3600, 500],
    ]);
    for (let again = 0; again < 2; again++) {
      kept.addReading("porch", { time: MIDNIGHT + 30 * SECOND + 7, light: 900 });
      addSeconds(kept, "porch", 7200);
      expect((await kept.query(query)).points.map(({ count, max }) => [count, max])).toEqual([
        [3601, 900],
        [3600, 500],
      ]);
    }
  });

  test("is there after a restart, whether it was asked for or not, when it was closed at once", async () => {
    const folder = await temporaryFolder();
    const first = await history(folder);
    addSeconds(first, "porch", 12_345);
    first.addSwitch("porch", { time: MIDNIGHT, led_on: true, by: "person", reason: "Ada wants light" });
    await first.close();
    expect(first.stats).toEqual({ waiting: 0, written: 12_346, lost: 0 });
    expect(await readdir(folder)).toEqual(["history.db"]);
    const second = await history(folder);
    expect(await count(second, "porch")).toBe(12_345);
    expect(await second.query({ device: "porch", from: 0, to: MIDNIGHT + 1, points: 1 })).toMatchObject({
      led_on: null,
      switches: [{ time: MIDNIGHT, led_on: true, by: "person", reason: "Ada wants light" }],
    });
  });

  test("of switches the latest 5,000 are told, and how the lamp was when the range began", async () => {
    const kept = await history(await temporaryFolder());
    for (let n = 0; n < 6001; n++)
      kept.addSwitch("porch", { time: MIDNIGHT + n, led_on: n % 2 === 0, by: "server", reason: `${n}` });
    const { switches, led_on } = await kept.query({
      device: "porch",
      from: MIDNIGHT + 3,
      to: MIDNIGHT + DAY,
      points: 10,
    });
    expect(led_on).toBe(false);
    expect(switches).toHaveLength(5000);
    expect([switches[0].reason, switches.at(-1)!.reason]).toEqual(["1001", "6000"]);
  });

  test("an export has every reading and every switch, in portions", async () => {
    const kept = await history(await temporaryFolder());
    addSeconds(kept, "porch", 20_000);
    for (let n = 0; n < 6000; n++)
      kept.addSwitch("porch", { time: MIDNIGHT + 500 + n * 3 * SECOND, led_on: true, by: "device", reason: "" });
    const sizes: number[] = [];
    const times: number[] = [];
    for await (const rows of kept.rows("porch", 0, Number.MAX_SAFE_INTEGER)) {
      sizes.push(rows.length);
      times.push(...rows.map(({ time }) => time));
    }
    expect(times).toHaveLength(26_000);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5000);
  });

  test("a device that is forgotten is gone, and begins anew when it reports again", async () => {
    const folder = await temporaryFolder();
    const kept = await history(folder);
    addSeconds(kept, "porch", 10_000);
    addSeconds(kept, "cellar", 10);
    await kept.forget("porch");
    expect(await count(kept, "porch")).toBe(0);
    addSeconds(kept, "porch", 3);
    expect([await count(kept, "porch"), await count(kept, "cellar")]).toEqual([3, 10]);
    await kept.forget("nobody");
    await kept.close();
    const again = await history(folder);
    expect([await count(again, "porch"), await count(again, "cellar")]).toEqual([3, 10]);
  });

  test("of a device that is forgotten nothing stays in the file, and of its neighbours everything", async () => {
    const store = new Store(fileIn(await temporaryFolder()));
    onTestFinished(() => store.close());
    const times = Float64Array.from({ length: 30_000 }, (_, n) => n * 60_000);
    for (let device = 0; device < 3; device++)
      store.write(
        {
          devices: new Uint32Array(times.length).fill(device),
          times,
          lights: new Uint16Array(times.length),
          switches: Array.from(times.subarray(0, 2500), (time) => ({
            device,
            time,
            led_on: true,
            by: "server",
            reason: "",
          })),
        },
        ["before", "forgotten", "after"],
      );
    store.compact();
    const sizes = () =>
      ["devices", "chunks", "hours", "switches"].map((table) =>
        Number(store.database.rows(`SELECT count(*) AS count FROM ${table}`)[0].count),
      );
    expect(sizes()).toEqual([3, 9000, 1500, 7500]);
    store.forget("forgotten");
    const steps = [...sweep(store.database, FOR_EVER, Date.now())];
    expect(sizes()).toEqual([2, 6000, 1000, 5000]);
    expect(steps.length).toBeGreaterThan(20);
  });
});

describe("how long things are kept", () => {
  const spread = (kept: History, now: number): void => {
    for (let hour = 0; hour < 100; hour++) {
      kept.addReading("porch", { time: now - hour * HOUR, light: hour });
      kept.addSwitch("porch", { time: now - hour * HOUR, led_on: hour % 2 === 0, by: "server", reason: `${hour}` });
    }
  };

  test("what is too old goes while the server runs, and at the next start; by whole hours", async () => {
    const folder = await temporaryFolder();
    const now = Date.now();
    const kept = await history(folder);
    spread(kept, now);
    expect(await count(kept, "porch")).toBe(100);
    kept.retain({ readings: 50 * HOUR, switches: undefined });
    await eventually(async () => (await count(kept, "porch")) <= 52, { what: "old readings to go" });
    const { points, switches } = await kept.query({ device: "porch", from: 0, to: now + 1, points: 5000 });
    expect(points[0].time).toBeGreaterThan(now - 52 * HOUR);
    expect(points[0].time).toBeLessThanOrEqual(now - 50 * HOUR);
    expect(switches).toHaveLength(100);
    await kept.close();
    const again = await history(folder, { readings: 20 * HOUR, switches: undefined });
    await eventually(async () => (await count(again, "porch")) <= 22, { what: "old readings to go" });
  });

  test("of switches that are too old the last one stays: it tells how the lamp was", async () => {
    const now = Date.now();
    const kept = await history(await temporaryFolder());
    spread(kept, now);
    expect(await count(kept, "porch")).toBe(100);
    kept.retain({ readings: undefined, switches: 30.5 * HOUR });
    const ask = () => kept.query({ device: "porch", from: now - 30.5 * HOUR, to: now + 1, points: 5000 });
    await eventually(
      async () => (await kept.query({ device: "porch", from: 0, to: now + 1, points: 1 })).switches.length === 32,
      { what: "old switches to go" },
    );
    expect(await count(kept, "porch")).toBe(100);
    expect(await ask()).toMatchObject({ led_on: false });
    expect((await ask()).switches).toHaveLength(31);
  });
});

describe("when something is wrong", () => {
  test("a question that makes no sense is refused with what is allowed", async () => {
    const kept = await history(await temporaryFolder());
    const ask = (from: number, to: number, points: number) => kept.query({ device: "porch", from, to, points });
    for (const refused of [ask(2, 1, 1), ask(NaN, 1, 1), ask(0, Infinity, 1), ask(0, 1, 0), ask(0, 1, 5001)])
      await expect(refused).rejects.toThrow(RangeError);
    await expect(ask(0, 1, 1.5)).rejects.toThrow("1 to 5000 points, not 1.5");
    expect(await ask(-1e18, 1e18, 1)).toEqual({ points: [], led_on: null, switches: [], step: 0 });
  });

  test("nonsense is counted, and does not throw", async () => {
    const kept = await history(await temporaryFolder());
    for (const time of [NaN, -1, 0.5, 2 ** 43, Infinity]) kept.addReading("porch", { time, light: 1 });
    kept.addReading("porch", { time: 1, light: NaN });
    kept.addReading("porch", { time: 2, light: 5e9 });
    kept.addReading("", { time: 3, light: -7 });
    expect(await count(kept, "porch")).toBe(1);
    expect(kept.stats).toEqual({ waiting: 0, written: 2, lost: 6 });
  });

  test("a file that is no database is moved aside, and a new one begun", async () => {
    const folder = await temporaryFolder();
    await writeFile(fileIn(folder), "my diary\n".repeat(1000));
    const kept = await history(folder);
    addSeconds(kept, "porch", 10);
    expect(await count(kept, "porch")).toBe(10);
    expect(kept.told).toHaveLength(1);
    expect(kept.told[0]).toMatch(/history\.db is damaged \(.+\): it was moved to .+damaged.+, and a new one begun/);
    const aside = (await readdir(folder)).find((name) => name.includes("damaged"))!;
    expect(await readFile(path.join(folder, aside), "utf8")).toContain("my diary");
  });

  test("a file with a damaged middle is moved aside when that is met, and what was just added is kept", async () => {
    const folder = await temporaryFolder();
    const first = await history(folder);
    for (let board = 0; board < 10; board++) addSeconds(first, `board/${board}`, 20_000);
    await first.close();
    const file = await open(fileIn(folder), "r+");
    const { size } = await stat(fileIn(folder));
    // all but the first pages, which tell of the tables
    await file.write(Buffer.alloc(size - 10 * 8192, 0xa5), 0, null, 10 * 8192);
    await file.close();
    const kept = await history(folder);
    addSeconds(kept, "porch", 10);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, board) => count(kept, `board/${board}`)));
    expect(answers).toContain(0);
    expect(kept.told.join()).toMatch(/damaged/);
    expect(await count(kept, "porch")).toBe(10);
    addSeconds(kept, "board/3", 5);
    await kept.close();
    const again = await history(folder);
    expect(await count(again, "porch")).toBe(10);
    expect(again.told).toEqual([]);
  });

  test("a file of a newer version is left alone, and the start refused", async () => {
    const folder = await temporaryFolder();
    await (await history(folder)).close();
    const database = new Database(fileIn(folder));
    database.rows("PRAGMA user_version = 99");
    database.close();
    const before = await readFile(fileIn(folder));
    await expect(history(folder)).rejects.toThrow(/newer nightlight-server.+99/);
    expect(before.equals(await readFile(fileIn(folder)))).toBe(true);
  });

  test("what is added goes to be written within half a second, however little it is, and the next as soon as it is on disk", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const batches: { readonly size: number; done(): void }[] = [];
    const call = (_what: string, { times }: { times: Float64Array }) =>
      new Promise<void>((done) => batches.push({ size: times.length, done }));
    const writer = new Writer({ call } as unknown as HistoryThread, "file", expect.unreachable);
    writer.addReading("porch", { time: 1, light: 1 });
    await vi.advanceTimersByTimeAsync(500);
    expect(batches.map(({ size }) => size)).toEqual([1]);
    expect(writer.stats).toEqual({ waiting: 1, written: 0, lost: 0 });
    for (let time = 2; time <= 4; time++) writer.addReading("porch", { time, light: 1 });
    await vi.advanceTimersByTimeAsync(500);
    expect(batches).toHaveLength(1);
    batches[0].done();
    await vi.advanceTimersByTimeAsync(0);
    expect(batches.map(({ size }) => size)).toEqual([1, 3]);
    expect(writer.stats).toEqual({ waiting: 3, written: 1, lost: 0 });
  });

  test("while it cannot be written that is told once, and as soon as it can nothing is missing", async () => {
    const folder = await temporaryFolder();
    await mkdir(fileIn(folder));
    const kept = await history(folder);
    expect(kept.told).toHaveLength(1);
    addSeconds(kept, "porch", 10_000);
    await expect(count(kept, "porch")).rejects.toThrow(/Could not open/);
    expect(kept.stats).toEqual({ waiting: 10_000, written: 0, lost: 0 });
    await rmdir(fileIn(folder));
    await eventually(() => kept.stats.waiting === 0, { what: "what waited to be written" });
    expect(await count(kept, "porch")).toBe(10_000);
    expect(kept.told).toHaveLength(2);
    expect(kept.told[1]).toMatch(/cannot be written \(.+\): \d+ readings and switches wait/);
  });

  test("of what waits too long the oldest is lost, is counted, and the end does not hang", async () => {
    const folder = await temporaryFolder();
    await mkdir(fileIn(folder));
    const kept = await history(folder);
    addSeconds(kept, "porch", 250_000);
    await eventually(() => kept.stats.lost === 50_000, { what: "the oldest to be lost" });
    expect(kept.stats.waiting).toBe(200_000);
    await kept.close();
    expect(kept.stats).toEqual({ waiting: 0, written: 0, lost: 250_000 });
    expect(kept.told.at(-1)).toMatch(/200000 were lost/);
    await expect(count(kept, "porch")).rejects.toThrow(/closed/);
    kept.addReading("porch", { time: 1, light: 1 });
  });

  test("when its thread dies another one takes over, and nothing is missing", async () => {
    const file = fileIn(await temporaryFolder());
    const told: string[] = [];
    const thread: HistoryThread = new HistoryThread(
      () => ({ file, retention: FOR_EVER, ids: writer.ids }),
      (problem) => told.push(problem),
    );
    const writer = new Writer(thread, file, (problem) => told.push(problem));
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 20_000; n++)
        writer.addReading(`board/${round}/${n % 7}`, { time: round * 1e6 + n, light: n % 1024 });
      await eventually(() => writer.stats.written > round * 20_000, { what: "the first batch" });
      await thread.end();
      await eventually(() => writer.stats.waiting === 0, { what: "the other thread to write" });
    }
    const { points } = await thread.call("query", { device: "board/2/6", from: 0, to: 1e7, points: 1 });
    expect(points[4]).toBe(Math.floor(20_000 / 7));
    await writer.close();
    await thread.call("close");
    await thread.end();
    expect(writer.stats).toEqual({ waiting: 0, written: 60_000, lost: 0 });
    expect(existsSync(`${file}.lock`)).toBe(false);
  });
});
