/** Tests that the journal restores readings after a restart, whenever the server is killed. */
import fc from "fast-check";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { openDataFolder, type DataFolder } from "../../server/src/storage/data-folder.js";
import { Devices } from "../../server/src/devices/devices.js";
import type { HistoryDevice } from "../../server/src/history/history.js";
import { Journal } from "../../server/src/ingest/journal/journal.js";
import { RETRY_INTERVAL } from "../../server/src/storage/health.js";
import { RecentReadings, type Point } from "../../server/src/history/recent.js";
import { eventually } from "../support/eventually.js";
import { createTemporaryFolder } from "./support/server.js";

const NOON = Date.UTC(2026, 0, 1, 12);

/** The parts of a server that the journal uses. */
class JournalBench {
  readonly devices = new Devices();
  readonly recent = new RecentReadings();
  readonly problems: string[] = [];
  /** The readings that the journal has passed to the history in this run and in earlier runs. */
  readonly recorded = new Set<string>();
  readonly journal: Journal;
  readonly folder: string;

  constructor(
    readonly data: DataFolder,
    lag: number,
    keep = 0,
    mostWaiting?: number,
  ) {
    data.health.addListener({ failed: (problem) => void this.problems.push(problem) });
    this.folder = data.journal;
    const recordProblem = (problem: string): void => void this.problems.push(problem);
    const stored = this.record;
    this.journal = new Journal({
      folder: data.journal,
      recent: this.recent,
      health: data.health,
      readingStored: stored,
      cleanupFailed: recordProblem,
      minKeptReadings: lag,
      segmentRetention: keep,
      maxWaiting: mostWaiting,
    });
  }

  readonly record = ({ id }: HistoryDevice, { time }: Point): void => void this.recorded.add(`${id} ${time}`);

  static async open(folder: string, lag: number, keep = 0, mostWaiting?: number): Promise<JournalBench> {
    const memory = new JournalBench(await openDataFolder(folder), lag, keep, mostWaiting);
    await memory.journal.restore(memory.devices, memory.record);
    return memory;
  }

  /** Processes a reading as the ingest does. Returns undefined for a duplicate. */
  processReading(id: string, boot: number, seq: number, now: number): Promise<void> | undefined {
    const device = this.devices.obtain(id)!;
    const reading = { light: seq % 1024, boot, seq, at: seq * 250, age: 1 };
    const { arrival, measuredAt } = device.placeReading(reading, now, true);
    if (arrival === "duplicate") return undefined;
    if (arrival === "newest") device.acceptReading(reading.light, seq, measuredAt);
    const point = { time: measuredAt, light: reading.light, led_on: arrival === "newest" };
    this.recent.add(id, point);
    return this.journal.add(device, reading, now, true, point);
  }

  forgetDevice(id: string): Promise<void> | undefined {
    const device = this.devices.get(id);
    if (!device) return undefined;
    this.devices.forget(device);
    this.recent.delete(id);
    return this.journal.forget(device);
  }

  /** Returns the state that must survive a restart. */
  readState(): unknown {
    const ids = [...this.devices].map(({ id }) => id).sort();
    return ids.map((id) => [id, this.devices.get(id)!.boots?.toStoredBoots(), this.recent.pointsForApi(id)]);
  }

  /** Simulates `kill -9`: writes that have started complete, and nothing else is written. */
  async kill(): Promise<void> {
    await this.journal.close();
    await this.data.close();
  }
}

const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant("reading" as const),
      id: fc.constantFrom("a", "b", "c"),
      boot: fc.constantFrom(1, 2),
      skip: fc.integer({ min: -3, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("forget" as const), id: fc.constantFrom("a", "b", "c") }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "stored" as const }) },
);

test("a restart restores the state after any sequence of readings, forgotten devices and restarts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), fc.constantFrom(1, 5, 30, 1000), async (steps, lag) => {
      const folder = await createTemporaryFolder();
      let memory = await JournalBench.open(folder, lag);
      const next = new Map<string, number>();
      let now = NOON;
      for (const step of steps) {
        now += 250;
        if (step.kind === "reading") {
          const key = `${step.id} ${step.boot}`;
          const seq = Math.max(1, (next.get(key) ?? 1) + step.skip);
          next.set(key, seq + 1);
          void memory.processReading(step.id, step.boot, seq, now);
        } else if (step.kind === "forget") void memory.forgetDevice(step.id);
        else if (step.kind === "stored") await memory.journal.whenStored;
        else {
          const before = memory.readState();
          await memory.kill();
          memory = await JournalBench.open(folder, lag);
          expect(memory.readState()).toEqual(before);
        }
        expect(memory.problems).toEqual([]);
      }
      await memory.kill();
    }),
    { numRuns: 60 },
  );
}, 300_000);

test("old readings are still duplicates after a restart, even if only a state record contains them", async () => {
  const folder = await createTemporaryFolder();
  let memory = await JournalBench.open(folder, 10);
  // processes many more readings than the window of the duplicate detection holds
  for (let seq = 1; seq <= 3000; seq++) {
    const stored = memory.processReading("a", 1, seq, NOON + seq * 250);
    if (seq % 50 === 0) await stored;
  }
  const before = memory.readState();
  await memory.kill();
  memory = await JournalBench.open(folder, 10);
  expect(memory.readState()).toEqual(before);
  expect(memory.processReading("a", 1, 3000, NOON)).toBeUndefined();
  await memory.kill();
});

test("stored readings are passed to the history, and those of the last seconds again after a restart", async () => {
  const folder = await createTemporaryFolder();
  const first = await JournalBench.open(folder, 1, 10_000);
  for (let seq = 1; seq <= 100; seq++) {
    const stored = first.processReading("a", 1, seq, NOON + seq * 250);
    expect(first.recorded.size).toBeLessThan(seq);
    if (seq % 7 === 0) await stored;
  }
  await first.kill();
  expect(first.recorded.size).toBe(100);
  const second = await JournalBench.open(folder, 1, 10_000);
  expect(second.recorded).toEqual(first.recorded);
  await second.kill();
});

test("readings after a lost part of the log are still restored", async () => {
  const folder = await createTemporaryFolder();
  const first = await JournalBench.open(folder, 1);
  for (let seq = 1; seq <= 20; seq++) await first.processReading("a", 1, seq, NOON + seq * 250);
  await first.kill();
  for (const name of await readdir(first.folder)) await truncate(path.join(first.folder, name), 777);
  const second = await JournalBench.open(folder, 1000);
  await second.processReading("a", 1, 21, NOON + 21 * 250);
  await second.kill();
  const third = await JournalBench.open(folder, 1000);
  expect(third.processReading("a", 1, 21, NOON + 21 * 250)).toBeUndefined();
  await third.kill();
});

test("a restart restores the last reading of each of thousands of devices, however old it is", async () => {
  const folder = await createTemporaryFolder();
  const first = await JournalBench.open(folder, 100);
  for (let n = 0; n < 3000; n++) await (n % 50 === 0 ? first.processReading(`${n}`, 1, n, NOON) : void first.processReading(`${n}`, 1, n, NOON));
  for (let seq = 1; seq <= 20_000; seq++) await (seq % 50 === 0 ? first.processReading("busy", 1, seq, NOON) : void first.processReading("busy", 1, seq, NOON));
  await first.kill();
  let memory = await JournalBench.open(folder, 100);
  await memory.kill();
  memory = await JournalBench.open(folder, 100);
  const lost = [...memory.devices].filter(({ id, displayedReading: displayed }) => id !== "busy" && displayed.light !== Number(id) % 1024);
  expect(lost).toEqual([]);
  expect(memory.devices.get("7")!.light).toBeUndefined();
  await memory.kill();
}); // prettier-ignore

test("the size of the log is bounded over many readings and restarts", async () => {
  const folder = await createTemporaryFolder();
  let memory = await JournalBench.open(folder, 100);
  for (let seq = 1; seq <= 5000; seq++) {
    const stored = memory.processReading(`board-${seq % 7}`, 1, seq, NOON + seq * 250);
    if (seq % 20 === 0) await stored;
    if (seq % 100 === 0) {
      await memory.kill();
      memory = await JournalBench.open(folder, 100);
    }
  }
  await memory.kill();
  const files = await readdir(memory.folder);
  expect(files.length).toBeLessThan(25);
  const sizes = await Promise.all(files.map(async (name) => (await stat(path.join(memory.folder, name))).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(5000 * 64);
});

describe("while the log cannot be written", () => {
  /** Processes ten readings of each of three boards. */
  function processReadings(memory: JournalBench, from: number): Promise<unknown> {
    const stored: Promise<void>[] = [];
    for (let seq = from; seq < from + 10; seq++)
      for (const id of ["a", "b", "c"]) stored.push(memory.processReading(id, 1, seq, NOON + seq * 250)!);
    return Promise.all(stored);
  }

  /** Resolves after the journal's first failed write. */
  const waitForFailure = (memory: JournalBench): Promise<unknown> =>
    eventually(() => memory.data.health.isFailing, { what: "the failure" });

  test("readings wait while the log cannot be written, and are stored and passed to the history once afterwards", async () => {
    const folder = await createTemporaryFolder();
    const memory = await JournalBench.open(folder, 1000);
    await writeFile(memory.folder, "in the way");
    let isStored = false;
    const all = processReadings(memory, 1).then(() => (isStored = true));
    await waitForFailure(memory);
    const later = processReadings(memory, 11);
    await eventually(() => memory.data.health.failureCount > 2, { what: "two more attempts" });
    expect(memory.problems).toEqual([expect.stringContaining(`The data folder ${folder} cannot be written`)]);
    expect([isStored, memory.recorded.size, memory.journal.waitingCount]).toEqual([false, 0, 60]);
    await rm(memory.folder);
    await Promise.all([all, later]);
    expect([memory.recorded.size, memory.journal.waitingCount, memory.data.health.isFailing]).toEqual([60, 0, false]);
    const before = memory.readState();
    await memory.kill();
    const again = await JournalBench.open(folder, 1000);
    expect(again.readState()).toEqual(before);
    await again.kill();
  });

  test("after a restart the waiting readings are not duplicates, so boards can send them again", async () => {
    const folder = await createTemporaryFolder();
    const memory = await JournalBench.open(folder, 1000);
    await writeFile(memory.folder, "in the way");
    let isStored = false;
    void processReadings(memory, 1).then(() => (isStored = true));
    await waitForFailure(memory);
    await memory.journal.close();
    // waits longer than the retry interval, to show that the closed journal does not try again
    await new Promise((later) => setTimeout(later, RETRY_INTERVAL + 100));
    expect([isStored, memory.recorded.size]).toEqual([false, 0]);
    await memory.data.close();
    await rm(memory.folder);
    const again = await JournalBench.open(folder, 1000);
    await processReadings(again, 1);
    expect(again.recorded.size).toBe(30);
    await again.kill();
  });

  test("the number of waiting readings is limited", async () => {
    const folder = await createTemporaryFolder();
    const memory = await JournalBench.open(folder, 1000, 0, 30);
    await writeFile(memory.folder, "in the way");
    const all = processReadings(memory, 1);
    await waitForFailure(memory);
    expect(memory.journal.isFull).toBe(true);
    await rm(memory.folder);
    await all;
    expect(memory.journal.isFull).toBe(false);
    await memory.kill();
  });

  test("readings do not count as stored after somebody deletes the log files", async () => {
    const folder = await createTemporaryFolder();
    const memory = await JournalBench.open(folder, 1000);
    await processReadings(memory, 1);
    await rm(memory.folder, { recursive: true });
    let seq = 11;
    await eventually(
      () => {
        void memory.processReading("a", 1, seq, NOON + seq++ * 250);
        return memory.data.health.isFailing;
      },
      { what: "the failure", every: 100 },
    );
    expect(memory.problems[0]).toContain("was removed while the server runs");
    await memory.kill();
  });

  test.skipIf(!existsSync("/dev/full"))("the problem names a full disk", async () => {
    const folder = await createTemporaryFolder();
    const memory = await JournalBench.open(folder, 1000);
    await mkdir(memory.folder);
    await symlink("/dev/full", path.join(memory.folder, "000000000001.log"));
    void processReadings(memory, 1);
    await waitForFailure(memory);
    expect(memory.problems).toEqual([expect.stringMatching(/disk of the data folder .* is full\. Free some space/)]);
    await memory.kill();
  });
});
