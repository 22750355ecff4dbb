/** Tests that each switch is stored in the history file exactly once, whenever the process is killed. */
import fc from "fast-check";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { CHUNK_LENGTH } from "../../server/src/history/packing.js";
import { SWITCH_CAUSES } from "../../server/src/history/protocol.js";
import type { SqliteStore } from "../../server/src/history/store.js";
import { sweepStore } from "../../server/src/history/sweep.js";
import { createTemporaryFolder } from "./support/server.js";
import { restartStore, copyAfterKill, openStore } from "./support/store.js";
import {
  readStoredSwitches,
  ENTIRE_TIME_RANGE,
  BASE_TIME,
  batchOf,
  computeExpectedSwitches,
  DEVICE_IDS,
  type TestSwitch,
} from "./support/switches.js";

const someSwitch = fc.record<TestSwitch>({
  device: fc.nat(2),
  time: fc.oneof(
    fc.nat(5000).map((ms) => BASE_TIME + ms),
    fc.nat(40).map((chunk) => Math.floor(BASE_TIME / CHUNK_LENGTH + chunk) * CHUNK_LENGTH - (chunk % 2)),
  ),
  led_on: fc.boolean(),
  by: fc.constantFrom(...SWITCH_CAUSES),
  reason: fc.oneof(fc.constantFrom("", "light 212 < 300", "dunkel ☾"), fc.string()),
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.array(someSwitch, { minLength: 1, maxLength: 12 }) },
  { weight: 2, arbitrary: fc.constant("all" as const) },
  { weight: 1, arbitrary: fc.constant("one" as const) },
  { weight: 2, arbitrary: fc.constant("restart" as const) },
  { weight: 2, arbitrary: fc.constant("kill" as const) },
);

test("after any sequence of writes, compactions, restarts and kills, every switch is stored once", async () => {
  const folder = await createTemporaryFolder();
  let runs = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), fc.array(fc.nat(30_000_000)), fc.nat(20), (steps, times, most) => {
      let file = path.join(folder, `${runs++}.db`);
      let store = openStore(file);
      const given: TestSwitch[] = [];
      for (const step of steps) {
        if (step === "all") store.compact();
        else if (step === "one") store.compact(store.deviceNumberOf("porch") ?? 0);
        else if (step === "restart" || step === "kill")
          [store, file] = restartStore(store, step, file, path.join(folder, `killed-${runs++}`));
        else {
          given.push(...step);
          store.write(batchOf(step), DEVICE_IDS);
        }
      }
      const all = computeExpectedSwitches(given);
      expect(readStoredSwitches(store)).toEqual(all);
      for (const [index, id] of DEVICE_IDS.entries()) {
        const device = store.deviceNumberOf(id);
        if (device === undefined) continue;
        for (const offset of times) {
          const time = BASE_TIME - CHUNK_LENGTH + offset;
          const last = all[index].findLast((one) => one.time <= time);
          expect(store.switches.lampStateAt(device, time)).toBe(last?.led_on);
          const later = all[index].filter((one) => one.time >= time);
          expect(store.switches.readLatestSwitches(device, time, ENTIRE_TIME_RANGE[1], most + 1)).toEqual(
            later.slice(-most - 1),
          );
          const first = store.switches.readFirstSwitches(device, time, ENTIRE_TIME_RANGE[1], most + 1);
          expect(first).toEqual(later.slice(0, first.length));
          expect(first.length).toBeGreaterThanOrEqual(Math.min(most + 1, later.length));
        }
      }
      store.close();
    }),
    { numRuns: 60 },
  );
});

test("a kill at any moment of a compaction leaves each switch once", async () => {
  const folder = await createTemporaryFolder();
  const file = path.join(folder, "history.db");
  const store = openStore(file);
  const given = Array.from({ length: 60 }, (_, n): TestSwitch => {
    const time = BASE_TIME + n * 40_000;
    return { device: n % 3, time, led_on: n % 2 === 0, by: "server", reason: `light ${n % 7} < 300` };
  });
  // write 20 switches and compact them into blocks, so that the next compaction extends the blocks
  store.write(batchOf(given.slice(0, 20)), DEVICE_IDS);
  store.compact();
  for (let at = 20; at < given.length; at += 10) store.write(batchOf(given.slice(at, at + 10)), DEVICE_IDS);
  const copies: SqliteStore[] = [];
  const run = store.database.run.bind(store.database);
  vi.spyOn(store.database, "run").mockImplementation((...what) => {
    copies.push(copyAfterKill(file, path.join(folder, `${copies.length}`)));
    return run(...what);
  });
  store.compact();
  // the test copied the file before each of at least ten statements: nine block writes and the deletion of the batches
  expect(copies.length).toBeGreaterThan(9);
  copies.push(copyAfterKill(file, path.join(folder, "after")));
  for (const copy of copies) {
    expect(readStoredSwitches(copy)).toEqual(computeExpectedSwitches(given));
    copy.compact();
    expect(readStoredSwitches(copy)).toEqual(computeExpectedSwitches(given));
  }
  expect(copies.at(-1)!.switches.pendingCount).toBe(0);
});

test("72,000 switches of one board with different reasons are all stored", async () => {
  const store = openStore(path.join(await createTemporaryFolder(), "history.db"));
  const given: TestSwitch[] = [];
  for (let batch = 0; batch < 8; batch++) {
    const some = Array.from({ length: 9000 }, (_, n): TestSwitch => {
      const reason = `because of ${batch * 9000 + n}`;
      return { device: 0, time: BASE_TIME + batch, led_on: n % 2 === 0, by: SWITCH_CAUSES[n % 3], reason };
    });
    given.push(...some);
    store.write(batchOf(some), DEVICE_IDS);
  }
  expect(readStoredSwitches(store)).toEqual(computeExpectedSwitches(given));
  store.compact();
  expect(readStoredSwitches(store)).toEqual(computeExpectedSwitches(given));
});

test("at most 500,000 switches are pending, and none is lost", async () => {
  const store = openStore(path.join(await createTemporaryFolder(), "history.db"));
  for (let batch = 0; batch < 52; batch++) {
    const some = Array.from({ length: 10_000 }, (_, n): TestSwitch => {
      return { device: n % 3, time: BASE_TIME + batch, led_on: n % 2 === 0, by: "server", reason: "" };
    });
    store.write(batchOf(some), DEVICE_IDS);
    expect(store.switches.pendingCount).toBeLessThanOrEqual(500_000);
  }
  expect(readStoredSwitches(store).map(({ length }) => length)).toEqual([173_368, 173_316, 173_316]);
  expect(store.switches.pendingCount).toBe(20_000);
});

test("the replacement of a damaged file receives the pending switches", async () => {
  const folder = await createTemporaryFolder();
  const store = openStore(path.join(folder, "damaged.db"));
  const createSwitchWithReason = (reason: string): TestSwitch => ({
    device: 1,
    time: BASE_TIME,
    led_on: true,
    by: "device",
    reason,
  });
  for (const reason of ["of the first", "of the second"])
    store.write(batchOf([createSwitchWithReason(reason)]), DEVICE_IDS);
  const next = openStore(path.join(folder, "history.db"));
  store.moveInto(next);
  next.write(batchOf([createSwitchWithReason("of the third")]), DEVICE_IDS);
  next.compact();
  expect(readStoredSwitches(next)[1].map(({ reason }) => reason)).toEqual([
    "of the first",
    "of the second",
    "of the third",
  ]);
});

test("a rare switch takes at most 100 bytes in the file", async () => {
  const store = openStore(path.join(await createTemporaryFolder(), "history.db"));
  const readDatabaseSize = (): number => Number(store.database.selectRows("PRAGMA page_count")[0].page_count) * 8192;
  store.compact();
  const before = readDatabaseSize();
  for (let n = 0; n < 5000; n++) {
    store.write(batchOf([{ device: 0, time: BASE_TIME + n * 3_600_000, led_on: n % 2 === 0, by: "server", reason: "light 212 < 300" }]), DEVICE_IDS); // prettier-ignore
    store.compact();
  }
  expect((readDatabaseSize() - before) / 5000).toBeLessThan(100);
});

test("a sweep deletes all old switches, compacted or pending, except the last one", async () => {
  const store = openStore(path.join(await createTemporaryFolder(), "history.db"));
  const addSwitch = (hour: number): void =>
    store.write(batchOf([{ device: 0, time: BASE_TIME + hour * 3_600_000, led_on: hour % 2 === 0, by: "server", reason: `${hour}` }]), DEVICE_IDS); // prettier-ignore
  for (let hour = 0; hour < 50; hour++) {
    addSwitch(hour);
    if (hour === 25) store.compact();
  }
  const now = BASE_TIME + 50 * 3_600_000;
  const sweepAt = (time: number, switches: number): number =>
    [...sweepStore(store, { readings: undefined, switches }, time)].length;
  sweepAt(now, 9.5 * 3_600_000);
  const left = readStoredSwitches(store)[0].map(({ reason }) => Number(reason));
  expect(left).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
  sweepAt(now + 1e12, 1);
  expect(readStoredSwitches(store)[0].map(({ reason }) => reason)).toEqual(["49"]);
});
