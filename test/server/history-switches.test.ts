/** What the file of a history promises of switches: each is there once, whenever it is killed, and whatever version made it. */
import fc from "fast-check";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import sqlite from "node-sqlite3-wasm";
import { expect, onTestFinished, test, vi } from "vitest";
import type { HistorySwitch } from "../../server/src/history/history.js";
import { CHUNK } from "../../server/src/history/packing.js";
import { BY, type Batch } from "../../server/src/history/protocol.js";
import { Store } from "../../server/src/history/store.js";
import { sweep } from "../../server/src/history/sweep.js";
import { history } from "./support/history.js";
import { temporaryFolder } from "./support/server.js";

const BASE = Date.UTC(2026, 5, 1, 7, 13);
const ALWAYS = [0, 2 ** 43] as const;

interface Given extends HistorySwitch {
  readonly device: number;
}

/** A batch of these and nothing else, as the server's thread makes it. */
function batchOf(given: readonly Given[]): Batch {
  const places = new Map<string, number>();
  for (const { reason } of given) if (!places.has(reason)) places.set(reason, places.size);
  return {
    devices: new Uint32Array(),
    times: new Float64Array(),
    lights: new Uint16Array(),
    switches: {
      devices: Uint32Array.from(given, ({ device }) => device),
      times: Float64Array.from(given, ({ time }) => time),
      led_on: Uint8Array.from(given, ({ led_on }) => Number(led_on)),
      by: Uint8Array.from(given, ({ by }) => BY.indexOf(by)),
      reasons: Uint16Array.from(given, ({ reason }) => places.get(reason)!),
      sentences: [...places.keys()],
      first: 0,
    },
  };
}

const IDS = ["porch", "cellar", "attic"];

/** A store in a file, closed after the test or by the test itself. */
function storeIn(file: string): Store {
  const store = new Store(file);
  onTestFinished(() => store.close());
  return store;
}

/** All switches of all devices. */
const allIn = (store: Store): HistorySwitch[][] =>
  IDS.map((id) => {
    const device = store.numberOf(id);
    return device === undefined ? [] : store.switches.latest(device, ...ALWAYS, 1e6);
  });

/** The file as `kill -9` would leave it at this moment: what the process has in memory is not in it. */
function killed(file: string, into: string): Store {
  mkdirSync(into);
  for (const end of ["", "-wal"])
    if (existsSync(file + end)) copyFileSync(file + end, path.join(into, `history.db${end}`));
  return storeIn(path.join(into, "history.db"));
}

const expected = (given: readonly Given[]): HistorySwitch[][] =>
  IDS.map((_, number) =>
    given
      .filter(({ device }) => device === number)
      .map(({ time, led_on, by, reason }) => ({ time, led_on, by, reason }))
      .sort((a, b) => a.time - b.time),
  );

const someSwitch = fc.record<Given>({
  device: fc.nat(2),
  time: fc.oneof(
    fc.nat(5000).map((ms) => BASE + ms),
    fc.nat(40).map((chunk) => Math.floor(BASE / CHUNK + chunk) * CHUNK - (chunk % 2)),
  ),
  led_on: fc.boolean(),
  by: fc.constantFrom(...BY),
  reason: fc.oneof(fc.constantFrom("", "light 212 < 300", "dunkel ☾"), fc.string()),
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.array(someSwitch, { minLength: 1, maxLength: 12 }) },
  { weight: 2, arbitrary: fc.constant("all" as const) },
  { weight: 1, arbitrary: fc.constant("one" as const) },
  { weight: 2, arbitrary: fc.constant("restart" as const) },
  { weight: 2, arbitrary: fc.constant("kill" as const) },
);

test("whatever is switched in whatever order, and whenever it is put in order, closed or killed, every switch is told once", async () => {
  const folder = await temporaryFolder();
  let runs = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), fc.array(fc.nat(30_000_000)), fc.nat(20), (steps, times, most) => {
      let file = path.join(folder, `${runs++}.db`);
      let store = storeIn(file);
      const given: Given[] = [];
      for (const step of steps) {
        if (step === "all") store.compact();
        else if (step === "one") store.compact(store.numberOf("porch") ?? 0);
        else if (step === "restart") {
          store.close();
          store = storeIn(file);
        } else if (step === "kill") {
          const into = path.join(folder, `killed-${runs++}`);
          const next = killed(file, into);
          store.close();
          [store, file] = [next, path.join(into, "history.db")];
        } else {
          given.push(...step);
          store.write(batchOf(step), IDS);
        }
      }
      const all = expected(given);
      expect(allIn(store)).toEqual(all);
      for (const [index, id] of IDS.entries()) {
        const device = store.numberOf(id);
        if (device === undefined) continue;
        for (const offset of times) {
          const time = BASE - CHUNK + offset;
          const last = all[index].findLast((one) => one.time <= time);
          expect(store.switches.lampAt(device, time)).toBe(last?.led_on);
          const later = all[index].filter((one) => one.time >= time);
          expect(store.switches.latest(device, time, ALWAYS[1], most + 1)).toEqual(later.slice(-most - 1));
          const first = store.switches.first(device, time, ALWAYS[1], most + 1);
          expect(first).toEqual(later.slice(0, first.length));
          expect(first.length).toBeGreaterThanOrEqual(Math.min(most + 1, later.length));
        }
      }
      store.close();
    }),
    { numRuns: 60 },
  );
});

test("killed at any moment while switches are put in order, it has each of them once at the next start", async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, "history.db");
  const store = storeIn(file);
  const given = Array.from({ length: 60 }, (_, n): Given => {
    const time = BASE + n * 40_000;
    return { device: n % 3, time, led_on: n % 2 === 0, by: "server", reason: `light ${n % 7} < 300` };
  });
  // some are in their runs already
  store.write(batchOf(given.slice(0, 20)), IDS);
  store.compact();
  for (let at = 20; at < given.length; at += 10) store.write(batchOf(given.slice(at, at + 10)), IDS);
  const copies: Store[] = [];
  const run = store.database.run.bind(store.database);
  vi.spyOn(store.database, "run").mockImplementation((...what) => {
    copies.push(killed(file, path.join(folder, `${copies.length}`)));
    return run(...what);
  });
  store.compact();
  // after each of nine runs, or the deletion of the batches
  expect(copies.length).toBeGreaterThan(9);
  copies.push(killed(file, path.join(folder, "after")));
  for (const copy of copies) {
    expect(allIn(copy)).toEqual(expected(given));
    copy.compact();
    expect(allIn(copy)).toEqual(expected(given));
  }
  expect(copies.at(-1)!.switches.waiting).toBe(0);
});

test("many thousand switches of one board with as many reasons, in one go, are all told", async () => {
  const store = storeIn(path.join(await temporaryFolder(), "history.db"));
  const given: Given[] = [];
  for (let batch = 0; batch < 8; batch++) {
    const some = Array.from({ length: 9000 }, (_, n): Given => {
      const reason = `because of ${batch * 9000 + n}`;
      return { device: 0, time: BASE + batch, led_on: n % 2 === 0, by: BY[n % 3], reason };
    });
    given.push(...some);
    store.write(batchOf(some), IDS);
  }
  expect(allIn(store)).toEqual(expected(given));
  store.compact();
  expect(allIn(store)).toEqual(expected(given));
});

test("however many switches come at once, no more than 500,000 wait in memory, and all are told", async () => {
  const store = storeIn(path.join(await temporaryFolder(), "history.db"));
  for (let batch = 0; batch < 52; batch++) {
    const some = Array.from({ length: 10_000 }, (_, n): Given => {
      return { device: n % 3, time: BASE + batch, led_on: n % 2 === 0, by: "server", reason: "" };
    });
    store.write(batchOf(some), IDS);
    expect(store.switches.waiting).toBeLessThanOrEqual(500_000);
  }
  expect(allIn(store).map(({ length }) => length)).toEqual([173_368, 173_316, 173_316]);
  expect(store.switches.waiting).toBe(20_000);
});

test("when a file is damaged, the next one has the switches that were in no run yet", async () => {
  const folder = await temporaryFolder();
  const store = storeIn(path.join(folder, "damaged.db"));
  const switched = (reason: string): Given => ({ device: 1, time: BASE, led_on: true, by: "device", reason });
  for (const reason of ["of the first", "of the second"]) store.write(batchOf([switched(reason)]), IDS);
  const next = storeIn(path.join(folder, "history.db"));
  store.moveInto(next);
  next.write(batchOf([switched("of the third")]), IDS);
  next.compact();
  expect(allIn(next)[1].map(({ reason }) => reason)).toEqual(["of the first", "of the second", "of the third"]);
});

test("a board that switches now and then takes no more than 100 bytes for each", async () => {
  const store = storeIn(path.join(await temporaryFolder(), "history.db"));
  const size = (): number => Number(store.database.rows("PRAGMA page_count")[0].page_count) * 8192;
  store.compact();
  const before = size();
  for (let n = 0; n < 5000; n++) {
    store.write(batchOf([{ device: 0, time: BASE + n * 3_600_000, led_on: n % 2 === 0, by: "server", reason: "light 212 < 300" }]), IDS); // prettier-ignore
    store.compact();
  }
  expect((size() - before) / 5000).toBeLessThan(100);
});

test("of switches that are too old all go at once, those too that had just come, but for the last", async () => {
  const store = storeIn(path.join(await temporaryFolder(), "history.db"));
  const add = (hour: number): void =>
    store.write(batchOf([{ device: 0, time: BASE + hour * 3_600_000, led_on: hour % 2 === 0, by: "server", reason: `${hour}` }]), IDS); // prettier-ignore
  for (let hour = 0; hour < 50; hour++) {
    add(hour);
    if (hour === 25) store.compact();
  }
  const now = BASE + 50 * 3_600_000;
  const sweepAt = (time: number, switches: number): number =>
    [...sweep(store, { readings: undefined, switches }, time)].length;
  sweepAt(now, 9.5 * 3_600_000);
  const left = allIn(store)[0].map(({ reason }) => Number(reason));
  expect(left).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
  sweepAt(now + 1e12, 1);
  expect(allIn(store)[0].map(({ reason }) => reason)).toEqual(["49"]);
});

test("a file of the first version opens with all its switches, in their order", async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, "history.db");
  const old = new sqlite.Database(file);
  old.exec(`CREATE TABLE devices (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE);
    CREATE TABLE batches (number INTEGER PRIMARY KEY, devices BLOB NOT NULL, times BLOB NOT NULL, lights BLOB NOT NULL);
    CREATE TABLE chunks (key INTEGER PRIMARY KEY, first INTEGER NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL,
      last INTEGER NOT NULL, count INTEGER NOT NULL, readings BLOB NOT NULL);
    CREATE TABLE hours (key INTEGER PRIMARY KEY, first INTEGER NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL,
      last INTEGER NOT NULL, count INTEGER NOT NULL);
    CREATE TABLE switches (device INTEGER NOT NULL, time INTEGER NOT NULL, led_on INTEGER NOT NULL, by TEXT NOT NULL,
      reason TEXT NOT NULL);
    CREATE INDEX switches_by_time ON switches (device, time);
    INSERT INTO devices (number, id) VALUES (1, 'porch'), (2, NULL), (7, 'cellar');
    PRAGMA user_version = 1; BEGIN`);
  const given = Array.from({ length: 25_000 }, (_, n): Given => {
    // several of one time, and some that came late
    const time = BASE + ((n * 7919) % 5000) * 61_000;
    return { device: n % 3 === 0 ? 1 : 0, time, led_on: n % 2 === 0, by: BY[n % 3], reason: `light ${n % 1024} ≥ 300` };
  });
  const insert = old.prepare("INSERT INTO switches VALUES (?, ?, ?, ?, ?)");
  for (const { device, time, led_on, by, reason } of given) insert.run([[1, 7][device], time, led_on, by, reason]);
  insert.run([2, BASE, true, "server", "of a device that is forgotten"]);
  insert.finalize();
  old.exec("COMMIT");
  old.close();

  const first = storeIn(file);
  expect(allIn(first)).toEqual(expected(given));
  const tables = first.database.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'switches%'");
  expect(tables).toEqual([]);
  first.close();
  const kept = await history(folder);
  kept.addSwitch("cellar", { time: BASE, led_on: true, by: "person", reason: "Ada wants light" });
  const range = { device: "cellar", from: BASE, to: BASE + 1, points: 1 };
  const { switches, led_on } = await kept.query(range);
  expect(switches).toEqual([
    ...expected(given)[1].filter(({ time }) => time === BASE),
    { time: BASE, led_on: true, by: "person", reason: "Ada wants light" },
  ]);
  expect(led_on).toBe(true);
});
