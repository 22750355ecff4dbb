/** Tests that the server detects damage in the write-ahead log of the history, which SQLite ignores silently. */
import fc from "fast-check";
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { copyDamagedWal } from "../../server/src/history/wal.js";
import { SqliteStore } from "../../server/src/history/store.js";
import { countReadings, openSqliteHistory } from "./support/history.js";
import { createTemporaryFolder } from "./support/server.js";
import { addReadingEverySecond } from "./history-promises.js";

const WRITE_COUNT = 12;

/** Returns the files that remain when a process is killed after some writes to its history. */
async function createKilledHistory(): Promise<{ db: Buffer; wal: Buffer }> {
  const file = path.join(await createTemporaryFolder(), "history.db");
  const store = new SqliteStore(file);
  onTestFinished(() => store.close());
  const switches = { devices: new Uint32Array(), times: new Float64Array(), led_on: new Uint8Array() };
  const none = { ...switches, by: new Uint8Array(), reasonIndexes: new Uint16Array(), reasonTexts: [], first: 0 };
  for (let n = 0; n < WRITE_COUNT; n++)
    store.write({ devices: Uint32Array.of(0), times: Float64Array.of(n), lights: Uint16Array.of(n), switches: none }, [
      "porch",
    ]);
  return { db: await readFile(file), wal: await readFile(`${file}-wal`) };
}

/** Writes the history file and its write-ahead log into a new folder. */
async function writeFiles(db: Buffer, wal: Buffer): Promise<string> {
  const folder = await createTemporaryFolder();
  await writeFile(path.join(folder, "history.db"), db);
  await writeFile(path.join(folder, "history.db-wal"), wal);
  return folder;
}

test("one changed byte anywhere in the write-ahead log is detected, and both files are copied", async () => {
  const { db, wal } = await createKilledHistory();
  const folder = await writeFiles(db, wal);
  const file = path.join(folder, "history.db");
  expect(copyDamagedWal(file)).toBeUndefined();
  const frame = 24 + 8192;
  await fc.assert(
    fc.asyncProperty(
      // damages the file header, any byte, or a frame header; a random byte alone would rarely hit the short headers
      fc.oneof(fc.nat(31), fc.nat(wal.length - 1), fc.tuple(fc.nat((wal.length - 32) / frame - 1), fc.nat(23))),
      fc.integer({ min: 1, max: 255 }),
      async (place, bits) => {
        const at = typeof place === "number" ? place : 32 + place[0] * frame + place[1];
        const damaged = Buffer.from(wal);
        damaged[at] ^= bits;
        await writeFile(`${file}-wal`, damaged);
        const sentence = copyDamagedWal(file);
        expect(sentence).toMatch(
          /history\.db-wal is damaged at byte \d+: .* A copy was kept as .*damaged-.*-wal\. Switches/,
        );
        const copy = /kept as (\S+-wal)\./.exec(sentence!)![1];
        expect((await readFile(copy)).equals(damaged)).toBe(true);
      },
    ),
    { numRuns: 100 },
  );
});

test("a truncated or overwritten write-ahead log is detected", async () => {
  const { db, wal } = await createKilledHistory();
  for (const damaged of [wal.subarray(0, -1), wal.subarray(0, 40), wal.subarray(0, 9), Buffer.alloc(wal.length)])
    expect(copyDamagedWal(path.join(await writeFiles(db, damaged), "history.db"))).toMatch(/damaged at byte/);
});

test("old frames after the current ones are not damage", async () => {
  const folder = await createTemporaryFolder();
  const file = path.join(folder, "history.db");
  const store = new SqliteStore(file);
  onTestFinished(() => store.close());
  for (let n = 0; n < 200; n++) store.database.exec(`CREATE TABLE t${n} (x)`);
  const { size } = await stat(`${file}-wal`);
  store.database.selectRows("PRAGMA wal_checkpoint(FULL)");
  store.database.exec("CREATE TABLE last (x)");
  expect((await stat(`${file}-wal`)).size).toBe(size);
  const copy = path.join(folder, "copy");
  await mkdir(copy);
  for (const name of ["history.db", "history.db-wal"]) await copyFile(path.join(folder, name), path.join(copy, name));
  expect(copyDamagedWal(path.join(copy, "history.db"))).toBeUndefined();
});

test("a history with a damaged write-ahead log opens with the data before the damage and reports it once", async () => {
  const { db, wal } = await createKilledHistory();
  wal[wal.length - 3 * 8216 + 100] ^= 1;
  const folder = await writeFiles(db, wal);
  const first = await openSqliteHistory(folder);
  const found = await countReadings(first, "porch");
  expect(found).toBeGreaterThan(0);
  expect(found).toBeLessThan(WRITE_COUNT);
  expect(first.problems).toEqual([expect.stringMatching(/history\.db-wal is damaged/)]);
  addReadingEverySecond(first, "porch", 3);
  await first.close();
  const second = await openSqliteHistory(folder);
  expect(second.problems).toEqual([]);
  expect((await readdir(folder)).filter((name) => name.includes("damaged"))).toHaveLength(2);
});
