/**
 * Tests that each reading is stored in the history file exactly once, whatever the order of writes, compactions, restarts
 * and kills.
 */
import fc from "fast-check";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { CHUNK_LENGTH, HOUR_LENGTH } from "../../server/src/history/packing.js";
import { NUMBERS_PER_POINT, type HistoryBatch } from "../../server/src/history/protocol.js";
import { answerQuery, readPage } from "../../server/src/history/reader.js";
import type { SqliteStore } from "../../server/src/history/store.js";
import { createTemporaryFolder } from "./support/server.js";
import { restartStore, copyAfterKill, openStore } from "./support/store.js";
import { ENTIRE_TIME_RANGE, BASE_TIME, batchOf, DEVICE_IDS } from "./support/switches.js";

interface TestReading {
  readonly device: number;
  readonly time: number;
  readonly light: number;
}

const [from, to] = ENTIRE_TIME_RANGE;

/** Builds a batch of readings without switches. */
const createReadingBatch = (given: readonly TestReading[]): HistoryBatch => ({
  ...batchOf([]),
  devices: Uint32Array.from(given, ({ device }) => device),
  times: Float64Array.from(given, ({ time }) => time),
  lights: Uint16Array.from(given, ({ light }) => light * 4),
});

/** Returns a device's readings, and their number according to the hourly totals in the table `hours`. */
function readStoredReadings(
  store: SqliteStore,
  id: string,
): { list: [time: number, light: number][]; inHours: number } {
  const device = store.deviceNumberOf(id);
  if (device === undefined) return { list: [], inHours: 0 };
  const { times, lights } = readPage(store, device, { device: id, from, to });
  const { points } = answerQuery(store, device, { device: id, from, to, points: 1 });
  return {
    list: Array.from(times, (time, at) => [time, lights[at]]),
    inHours: points
      .filter((_, at) => at % NUMBERS_PER_POINT === NUMBERS_PER_POINT - 1)
      .reduce((sum, count) => sum + count, 0),
  };
}

/** Returns the expected readings of each device: sorted by time and light, without duplicates. */
const computeExpectedReadings = (given: readonly TestReading[]): ReturnType<typeof readStoredReadings>[] =>
  DEVICE_IDS.map((_, number) => {
    const own = given.filter(({ device }) => device === number);
    const once = new Map(own.map(({ time, light }) => [`${time} ${light}`, [time, light] as [number, number]]));
    const list = [...once.values()].sort(([a, light], [b, other]) => a - b || light - other);
    return { list, inHours: list.length };
  });

const readAllStoredReadings = (store: SqliteStore): ReturnType<typeof readStoredReadings>[] =>
  DEVICE_IDS.map((id) => readStoredReadings(store, id));

/** Returns the number of readings in the table `batches`. */
const countBatchedReadings = (store: SqliteStore): number =>
  Number(store.database.selectRows("SELECT total(length(lights)) / 2 AS count FROM batches")[0].count);

const someReading = fc.record<TestReading>({
  device: fc.nat(2),
  time: fc.oneof(
    fc.nat(20).map((ms) => BASE_TIME + ms),
    fc.nat(40).map((chunk) => Math.floor(BASE_TIME / CHUNK_LENGTH + chunk) * CHUNK_LENGTH - (chunk % 2)),
  ),
  light: fc.nat(3),
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.array(someReading, { minLength: 1, maxLength: 12 }) },
  { weight: 2, arbitrary: fc.constantFrom("all", "one", "restart", "kill") },
);

test("after any sequence of writes, compactions, restarts and kills, every reading is stored once", async () => {
  const folder = await createTemporaryFolder();
  let runs = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
      let file = path.join(folder, `${runs++}.db`);
      let store = openStore(file);
      const given: TestReading[] = [];
      for (const step of steps) {
        if (step === "all") store.compact();
        else if (step === "one") {
          const device = store.deviceNumberOf("porch");
          if (device === undefined) continue;
          store.compact(device);
          expect(readStoredReadings(store, "porch")).toEqual(computeExpectedReadings(given)[0]);
        } else if (step === "restart" || step === "kill")
          [store, file] = restartStore(store, step, file, path.join(folder, `killed-${runs++}`));
        else {
          given.push(...(step as TestReading[]));
          store.write(createReadingBatch(step as TestReading[]), DEVICE_IDS);
        }
      }
      store.compact();
      expect(readAllStoredReadings(store)).toEqual(computeExpectedReadings(given));
      expect(countBatchedReadings(store)).toBe(0);
      store.close();
    }),
    { numRuns: 60 },
  );
});

test("compacting one device leaves the others pending; the last one deletes the batches", async () => {
  const folder = await createTemporaryFolder();
  const file = path.join(folder, "history.db");
  const store = openStore(file);
  const given = Array.from({ length: 300 }, (_, n): TestReading => ({
    device: n % 3,
    time: BASE_TIME + n * 9000,
    light: n,
  }));
  for (let at = 0; at < given.length; at += 100) store.write(createReadingBatch(given.slice(at, at + 100)), DEVICE_IDS);
  const [porch, cellar, attic] = computeExpectedReadings(given);
  const nothing = { list: [], inHours: 0 };

  store.compact(store.deviceNumberOf("cellar"));
  expect(readAllStoredReadings(store)).toEqual([nothing, cellar, nothing]);
  expect(countBatchedReadings(store)).toBe(300);
  const copy = copyAfterKill(file, path.join(folder, "killed"));
  copy.compact();
  expect(readAllStoredReadings(copy)).toEqual([porch, cellar, attic]);

  store.compact(store.deviceNumberOf("attic"));
  // compact a device without pending readings, which changes nothing
  store.compact(store.deviceNumberOf("cellar"));
  expect(countBatchedReadings(store)).toBe(300);
  store.compact(store.deviceNumberOf("porch"));
  expect(readAllStoredReadings(store)).toEqual([porch, cellar, attic]);
  expect(countBatchedReadings(store)).toBe(0);
});

test("compaction writes chunks sorted by device and time, so that the page cache of the database is effective", async () => {
  const store = openStore(path.join(await createTemporaryFolder(), "history.db"));
  const given = Array.from({ length: 120 }, (_, n): TestReading => {
    return { device: (n * 7) % 3, time: BASE_TIME + ((n * 37) % 120) * CHUNK_LENGTH, light: n };
  });
  store.write(createReadingBatch(given), DEVICE_IDS);
  const keys: number[] = [];
  const hours: number[] = [];
  const run = store.database.run.bind(store.database);
  vi.spyOn(store.database, "run").mockImplementation((sql, ...values) => {
    if (sql.includes("INTO chunks")) keys.push(Number(values[0]));
    if (sql.includes("INTO hours")) hours.push(Number(values[0]));
    return run(sql, ...values);
  });
  store.compact();
  expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b));
  expect(keys).toHaveLength(120);
  // the compaction writes each hour's total only once, although an hour has six chunks (blocks of stored readings)
  expect(hours).toEqual([...new Set(hours)].sort((a, b) => a - b));
  expect(hours.length).toBeLessThanOrEqual(3 * (120 / (HOUR_LENGTH / CHUNK_LENGTH) + 1));
});

test("a failed compaction keeps all readings pending, and a later one stores each of them once", async () => {
  const store = openStore(path.join(await createTemporaryFolder(), "history.db"));
  const given = Array.from({ length: 30 }, (_, n): TestReading => ({ device: n % 3, time: BASE_TIME + n, light: n }));
  store.write(createReadingBatch(given), DEVICE_IDS);
  const run = store.database.run.bind(store.database);
  for (const device of [undefined, store.deviceNumberOf("attic")]) {
    const full = vi.spyOn(store.database, "run").mockImplementation((sql, ...values) => {
      if (sql.includes("INTO hours")) throw new Error("the disk is full");
      return run(sql, ...values);
    });
    expect(() => store.compact(device)).toThrow(/full/);
    full.mockRestore();
  }
  expect(readAllStoredReadings(store).map(({ inHours }) => inHours)).toEqual([0, 0, 0]);
  store.compact(store.deviceNumberOf("attic"));
  store.compact();
  expect(readAllStoredReadings(store)).toEqual(computeExpectedReadings(given));
});

test("at most 500,000 readings are pending, even if a single device is compacted meanwhile, and none is lost", async () => {
  const store = openStore(path.join(await createTemporaryFolder(), "history.db"));
  const devices = Uint32Array.from({ length: 10_000 }, (_, n) => n % 3);
  let most = 0;
  for (let batch = 0; batch < 103; batch++) {
    const times = Float64Array.from(devices, (_, n) => BASE_TIME + batch * 10_000 + n);
    store.write({ ...batchOf([]), devices, times, lights: new Uint16Array(10_000) }, DEVICE_IDS);
    if (batch % 25 === 0) store.compact(store.deviceNumberOf("cellar"));
    most = Math.max(most, countBatchedReadings(store));
  }
  expect(most).toBe(500_000);
  expect(countBatchedReadings(store)).toBe(30_000);
  store.compact();
  const countInHours = (id: string): number => readStoredReadings(store, id).inHours;
  expect(DEVICE_IDS.map(countInHours)).toEqual([343_402, 343_299, 343_299]);
});

test("the replacement of a damaged file receives the pending readings", async () => {
  const folder = await createTemporaryFolder();
  const store = openStore(path.join(folder, "damaged.db"));
  const createReading = (device: number, light: number): TestReading => ({ device, time: BASE_TIME, light });
  store.write(createReadingBatch([createReading(0, 1), createReading(1, 2)]), DEVICE_IDS);
  store.compact(store.deviceNumberOf("porch"));
  store.write(createReadingBatch([createReading(2, 3)]), DEVICE_IDS);
  const next = openStore(path.join(folder, "history.db"));
  store.moveInto(next);
  next.write(createReadingBatch([createReading(1, 4)]), DEVICE_IDS);
  next.compact();
  expect(readAllStoredReadings(next).map(({ list }) => list.map(([, light]) => light))).toEqual([[], [2, 4], [3]]);
});
