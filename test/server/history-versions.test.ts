/** The file of a history that an earlier version made. */
import path from "node:path";
import sqlite from "node-sqlite3-wasm";
import { expect, onTestFinished, test } from "vitest";
import { BY } from "../../server/src/history/protocol.js";
import { openSqlite } from "../../server/src/history/sqlite.js";
import { FOR_EVER, history } from "./support/history.js";
import { temporaryFolder } from "./support/server.js";
import { storeIn } from "./support/store.js";
import { allIn, BASE, expected, type Given } from "./support/switches.js";

/** A file of the first version, with nothing but devices. */
function firstVersion(folder: string): [file: string, old: sqlite.Database] {
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
  return [file, old];
}

test("a file of the first version opens with all its switches, in their order", async () => {
  const folder = await temporaryFolder();
  const [file, old] = firstVersion(folder);
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

test("who starts with a large file of the first version is told how far its conversion has come", async () => {
  const folder = await temporaryFolder();
  const [file, old] = firstVersion(folder);
  old.exec(`WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 250000)
    INSERT INTO switches SELECT 7, ${BASE} + n, n & 1, 'server', 'light ' || (n & 511) FROM n; COMMIT`);
  old.close();
  const told: string[] = [];
  const failed = (problem: string): never => expect.fail(problem);
  const open = () => openSqlite(folder, { retention: FOR_EVER, failed, told: (progress) => told.push(progress) });
  await (await open()).close();
  expect(told).toEqual(
    [0, 100_000, 200_000].map(
      (done) => `The history ${file} is put into a newer form, once: ${done} of 250000 switches.`,
    ),
  );
  const kept = await open();
  onTestFinished(() => kept.close());
  expect(told).toHaveLength(3);
  const { switches } = await kept.query({ device: "cellar", from: BASE, to: BASE + 300_000, points: 1 });
  expect(switches.at(-1)).toMatchObject({ time: BASE + 250_000, led_on: false, reason: "light 144" });
});
