/** Tests the LevelDB database with damaged files: as little as possible is lost, and every loss is reported. */
import { ClassicLevel } from "classic-level";
import fc from "fast-check";
import { cp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../../../server/src/storage/database.js";
import { inspectDatabase } from "../../../server/src/storage/leveldb/inspect.js";
import { createTemporaryFolder } from "../support/server.js";

type Contents = Map<string, string>;

async function contentsOf(db: ClassicLevel<string, string>): Promise<Contents> {
  return new Map(await db.iterator().all());
}

/** Fills a database with short values, batches, values longer than a log block, and deletions. Returns the contents. */
async function fillDatabase(folder: string, from: number): Promise<Contents> {
  const db = new ClassicLevel<string, string>(folder);
  for (let n = from; n < from + 60; n++) await db.put(`!state!mode:lamp/${n}`, JSON.stringify({ mode: "on", n }));
  await db.batch(
    Array.from({ length: 200 }, (_, n) => ({
      type: "put" as const,
      key: `!broker!outgoing:sleeper:${from + n}`,
      value: Buffer.from(`${(from + n) * 7919}`)
        .toString("base64")
        .repeat(1 + ((from + n) % 5)),
    })),
  );
  await db.put(`!broker!will:${from}`, "w".repeat(200) + Math.E.toString().repeat(2500));
  for (let n = from; n < from + 60; n += 3) await db.del(`!state!mode:lamp/${n}`);
  const contents = await contentsOf(db);
  await db.close();
  return contents;
}

/** Kinds of damage to a file, each at a random place. */
const anyDamage = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("flip"), at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cut"), at: fc.nat(), bits: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("zeros"), at: fc.nat(), bits: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("missing"), at: fc.nat(), bits: fc.constant(0) }) },
);

let base: string;
let whole: Contents;
/** Non-empty files with their sizes in bytes. */
let files: [name: string, size: number][];

beforeAll(async () => {
  base = path.join(await createTemporaryFolderForAll(), "db");
  await fillDatabase(base, 0);
  await fillDatabase(base, 40);
  whole = await fillDatabase(base, 90);
  const fileNames = (await readdir(base)).filter((name) => /^(\d+\.(log|ldb)|CURRENT|MANIFEST-\d+)$/.test(name));
  files = await Promise.all(
    fileNames.map(async (name): Promise<[string, number]> => [name, (await stat(path.join(base, name))).size]),
  );
  files = files.filter(([, size]) => size > 0);
  return () => rm(path.dirname(base), { recursive: true, force: true });
});

async function createTemporaryFolderForAll(): Promise<string> {
  const { mkdtemp } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  return mkdtemp(path.join(tmpdir(), "nightlight-database-"));
}

type Damage = { readonly kind: string; readonly at: number; readonly bits: number };

async function damageFile(folder: string, name: string, { kind, at, bits }: Damage): Promise<void> {
  const file = path.join(folder, name);
  if (kind === "missing") return rm(file);
  const bytes = await readFile(file);
  if (kind === "flip") bytes[at % bytes.length] ^= bits;
  if (kind === "zeros") bytes.fill(0);
  await writeFile(file, kind === "cut" ? bytes.subarray(0, at % bytes.length) : bytes);
}

/** Opens a damaged copy of the database. */
async function openDamagedCopy(
  name: string,
  damage: Damage,
): Promise<{ found: Contents; reports: string[]; folder: string }> {
  const parent = await createTemporaryFolder();
  const folder = path.join(parent, "db");
  await cp(base, folder, { recursive: true });
  await damageFile(folder, name, damage);
  const reports: string[] = [];
  const { db } = await openDatabase(folder, (text) => reports.push(text));
  const found = await contentsOf(db);
  await db.close();
  return { found, reports, folder: parent };
}

test("an intact database has no problems, so the checksums here equal those of LevelDB", async () => {
  const found = await inspectDatabase(base, true);
  expect(found?.problems).toEqual([]);
  expect(files.map(([name]) => path.extname(name))).toEqual(expect.arrayContaining([".ldb", ".log"]));
  expect(found!.entries.length).toBeGreaterThan(whole.size);
});

test("after any damage to any file the database opens, and missing or outdated entries are reported", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), anyDamage, async (file, damage) => {
      const [name] = files[file % files.length];
      const { found, reports } = await openDamagedCopy(name, damage);
      // a log that is cut between two records looks complete, so its loss cannot be reported
      if (damage.kind === "cut" && name.endsWith(".log") && reports.length === 0) return;
      if (reports.length === 0) expect(found).toEqual(whole);
      for (const [key, value] of found) if (whole.has(key) && /:\d+$/.test(key)) expect(value).toBe(whole.get(key));
    }),
    { numRuns: 40 },
  );
}, 300_000);

test("a damaged record length in a log loses no entries and is reported, whatever its value", async () => {
  const [name] = files.filter(([name]) => name.endsWith(".log")).at(-1)!;
  const bytes = await readFile(path.join(base, name));
  const lengths: number[] = [];
  for (let at = 0; at + 7 < 32_768 && at + 7 < bytes.length; at += 7 + bytes.readUInt16LE(at + 4)) lengths.push(at + 4);
  // damages the length of a record in three ways: the low byte, the high byte, and so that it covers the next record
  for (const [at, bits] of [
    [lengths[0], 1],
    [lengths[0] + 1, 2],
    [lengths[5], lengths[5 + 1] - lengths[5]],
  ]) {
    const { found, reports } = await openDamagedCopy(name, { kind: "flip", at, bits });
    expect(reports).toEqual([expect.stringContaining(name)]);
    expect(found).toEqual(whole);
  }
});

test("one flipped byte in a log loses at most one write, whichever byte it is", async () => {
  const [name, size] = files.filter(([name]) => name.endsWith(".log")).at(-1)!;
  const bytes = await readFile(path.join(base, name));
  const folder = path.join(await createTemporaryFolder(), "db");
  await cp(base, folder, { recursive: true });
  const allEntries = (await inspectDatabase(folder, true))!.entries;
  await fc.assert(
    fc.asyncProperty(fc.nat(size - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= bits;
      await writeFile(path.join(folder, name), damaged);
      const found = (await inspectDatabase(folder, true))!;
      const missing = allEntries.filter(({ sequence }) => !found.entries.some((one) => one.sequence === sequence));
      // one damaged record loses at most the longest write, a batch of 200 entries
      expect(missing.length).toBeLessThanOrEqual(200);
      const sequences = missing.map(({ sequence }) => sequence);
      if (missing.length > 0) expect(found.problems).toHaveLength(1);
      if (sequences.length > 1) expect(sequences).toEqual(lastBatch(allEntries.map(({ sequence }) => sequence)));
    }),
    { numRuns: 60 },
  );
  /** Returns the sequence numbers of the last batch, whose 200 entries precede the last 21 entries. */
  function lastBatch(sequences: number[]): number[] {
    const last = Math.max(...sequences);
    return sequences.filter((one) => one > last - 221 && one <= last - 21);
  }
}, 300_000);

describe("a database with a damaged file", () => {
  test("a database with a damaged file is kept as it was, and the report names the file, the place, and what may be missing", async () => {
    const [name] = files.filter(([name]) => name.endsWith(".log")).at(-1)!;
    const { reports, folder, found } = await openDamagedCopy(name, { kind: "flip", at: 20, bits: 1 });
    expect(reports).toEqual([
      expect.stringMatching(
        new RegExp(
          `db is damaged: \\d+ bytes from byte 0 of ${name}\\. .* kept as .*damaged-.* overrides of lamps\\.$`,
        ),
      ),
    ]);
    expect(whole.size - found.size).toBeLessThanOrEqual(1);
    const damagedCopy = (await readdir(folder)).find((name) => name.startsWith("db.damaged-"))!;
    const kept = await readFile(path.join(folder, damagedCopy, name));
    kept[20] ^= 1;
    expect(kept.equals(await readFile(path.join(base, name)))).toBe(true);
  });

  test("a database with a damaged file has a report of the kinds of entries that may be missing, even if they were compressed", async () => {
    const folder = path.join(await createTemporaryFolder(), "db");
    const db = new ClassicLevel<string, string>(folder);
    for (const key of ["!broker!outgoing:x:1", "!state!mode:a", "!state!mode:b"]) await db.put(key, "x".repeat(100));
    await db.compactRange("", "~");
    await db.close();
    const [table] = (await readdir(folder)).filter((name) => name.endsWith(".ldb"));
    await damageFile(folder, table, { kind: "flip", at: 3, bits: 1 });
    const reports: string[] = [];
    await (await openDatabase(folder, (text) => reports.push(text))).db.close();
    expect(reports).toEqual([expect.stringMatching(/was: overrides of lamps,.*messages that wait for MQTT clients/)]);
  });

  test.each([
    ["rollout", "the last update of all boards"],
    ["crashed-version:nightlight/porch", "which versions have crashed on boards"],
    ["update:nightlight/porch", "updates of boards"],
  ])("a database with a damaged file has a report that names the entry %s", async (name, what) => {
    const folder = path.join(await createTemporaryFolder(), "db");
    const db = new ClassicLevel<string, string>(folder);
    await db.put(`!state!${name}`, "x".repeat(100));
    await db.close();
    const [log] = (await readdir(folder)).filter((file) => file.endsWith(".log"));
    await damageFile(folder, log, { kind: "flip", at: 60, bits: 1 });
    const reports: string[] = [];
    await (await openDatabase(folder, (text) => reports.push(text))).db.close();
    expect(reports).toEqual([expect.stringMatching(new RegExp(`was: ${what}\\.$`))]);
  });

  test("a database with a damaged file has all of its entries when only the list of its files is damaged", async () => {
    for (const [name] of files.filter(([name]) => /^(CURRENT|MANIFEST)/.test(name))) {
      const { found, reports } = await openDamagedCopy(name, { kind: "flip", at: 12, bits: 1 });
      expect(found).toEqual(whole);
      expect(reports).toEqual([expect.stringMatching(/damaged: .*(CURRENT|MANIFEST).*entries could be read/)]);
    }
  });

  test("a database with a damaged file is repaired at the next start, even if the first start was killed while replacing the database", async () => {
    const { folder } = await openDamagedCopy(files.find(([name]) => name.endsWith(".ldb"))![0], {
      ...{ kind: "flip", at: 300, bits: 1 },
    });
    const db = path.join(folder, "db");
    // creates the files that a kill between the two renames of a rebuild leaves behind
    await rename(db, `${db}.rebuilt`);
    const opened = await openDatabase(db, expect.unreachable);
    expect((await contentsOf(opened.db)).size).toBeGreaterThan(whole.size / 3);
    await opened.db.close();
  });

  test("a database with a damaged file is left alone while another server has it open", async () => {
    const folder = path.join(await createTemporaryFolder(), "db");
    const other = new ClassicLevel<string, string>(folder);
    await other.put("a", "1");
    const log = (await readdir(folder)).find((name) => name.endsWith(".log"))!;
    await damageFile(folder, log, { kind: "flip", at: 9, bits: 1 });
    await expect(openDatabase(folder, expect.unreachable)).rejects.toMatchObject({ cause: { code: "LEVEL_LOCKED" } });
    expect(await readdir(path.dirname(folder))).toEqual(["db"]);
    await other.close();
  });
});
