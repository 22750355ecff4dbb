/** What is remembered of readings over a restart, whenever the server is killed. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { openData, type DataFolder } from "../../server/src/data.js";
import { Boots } from "../../server/src/boots.js";
import { Devices } from "../../server/src/devices.js";
import { Journal } from "../../server/src/journal.js";
import { Recent, type Point } from "../../server/src/recent.js";
import { temporaryFolder } from "./support/server.js";

const NOON = Date.UTC(2026, 0, 1, 12);

/** A server, as far as the journal knows it. */
class Memory {
  readonly devices = new Devices(() => {});
  readonly recent = new Recent();
  readonly problems: string[] = [];
  /** What the history was told of, in this run and in those before. */
  readonly told = new Set<string>();
  readonly journal: Journal;

  constructor(
    private readonly data: DataFolder,
    lag: number,
    keep = 0,
  ) {
    const failed = (problem: string): void => void this.problems.push(problem);
    const stored = this.tell;
    this.journal = new Journal({ store: data.journal, recent: this.recent, stored, failed, lag, keep });
  }

  readonly tell = (id: string, { time }: Point): void => void this.told.add(`${id} ${time}`);

  static async open(folder: string, lag: number, keep = 0): Promise<Memory> {
    const memory = new Memory(await openData(folder), lag, keep);
    await memory.journal.restore(memory.devices, memory.tell);
    return memory;
  }

  /** A reading as ingest takes it; undefined when it had been delivered before. */
  take(id: string, boot: number, seq: number, now: number): Promise<void> | undefined {
    const device = this.devices.obtain(id)!;
    device.boots ??= new Boots();
    const reading = { light: seq % 1024, boot, seq, at: seq * 250, age: 1 };
    const { arrival, taken } = device.boots.place(boot, seq, reading, now, true);
    if (arrival === "duplicate") return undefined;
    const point = { time: taken, light: reading.light, led_on: arrival === "newest" };
    this.recent.add(id, point);
    return this.journal.add(device, reading, now, true, point);
  }

  forget(id: string): Promise<void> | undefined {
    const device = this.devices.get(id);
    if (!device) return undefined;
    this.devices.forget(device);
    this.recent.delete(id);
    return this.journal.forget(device);
  }

  /** All that must survive. */
  state(): unknown {
    const ids = [...this.devices].map(({ id }) => id).sort();
    return ids.map((id) => [id, this.devices.get(id)!.boots?.store(), this.recent.of(id)]);
  }

  /** As `kill -9` ends it: nothing is written any more but what was asked for already. */
  async kill(): Promise<void> {
    await this.journal.stored;
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

test("whatever is delivered, forgotten and restarted, a server knows after a restart what it knew before", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), fc.constantFrom(1, 5, 30, 1000), async (steps, lag) => {
      const folder = await temporaryFolder();
      let memory = await Memory.open(folder, lag);
      const next = new Map<string, number>();
      let now = NOON;
      for (const step of steps) {
        now += 250;
        if (step.kind === "reading") {
          const key = `${step.id} ${step.boot}`;
          const seq = Math.max(1, (next.get(key) ?? 1) + step.skip);
          next.set(key, seq + 1);
          void memory.take(step.id, step.boot, seq, now);
        } else if (step.kind === "forget") void memory.forget(step.id);
        else if (step.kind === "stored") await memory.journal.stored;
        else {
          const before = memory.state();
          await memory.kill();
          memory = await Memory.open(folder, lag);
          expect(memory.state()).toEqual(before);
        }
        expect(memory.problems).toEqual([]);
      }
      await memory.kill();
    }),
    { numRuns: 60 },
  );
}, 120_000);

test("what came before a device was stored by itself is no news after a restart, however long ago it was", async () => {
  const folder = await temporaryFolder();
  let memory = await Memory.open(folder, 10);
  // far more than the window in which a number is recognised
  for (let seq = 1; seq <= 3000; seq++) {
    const stored = memory.take("a", 1, seq, NOON + seq * 250);
    if (seq % 50 === 0) await stored;
  }
  const before = memory.state();
  await memory.kill();
  memory = await Memory.open(folder, 10);
  expect(memory.state()).toEqual(before);
  expect(memory.take("a", 1, 3000, NOON)).toBeUndefined();
  await memory.kill();
});

test("what is stored is told of, and after a restart once more if it is of the last seconds, whatever was stored by itself", async () => {
  const folder = await temporaryFolder();
  const first = await Memory.open(folder, 1, 10_000);
  for (let seq = 1; seq <= 100; seq++) {
    const stored = first.take("a", 1, seq, NOON + seq * 250);
    expect(first.told.size).toBeLessThan(seq);
    if (seq % 7 === 0) await stored;
  }
  await first.kill();
  expect(first.told.size).toBe(100);
  const second = await Memory.open(folder, 1, 10_000);
  expect(second.told).toEqual(first.told);
  await second.kill();
});

test("what comes after the log was lost is still known after a restart, whatever was stored before", async () => {
  const folder = await temporaryFolder();
  const first = await Memory.open(folder, 1);
  for (let seq = 1; seq <= 20; seq++) await first.take("a", 1, seq, NOON + seq * 250);
  await first.kill();
  const data = await openData(folder);
  await data.journal.clear({ gte: "log:", lt: "log;" });
  await data.close();
  const second = await Memory.open(folder, 1000);
  await second.take("a", 1, 21, NOON + 21 * 250);
  await second.kill();
  const third = await Memory.open(folder, 1000);
  expect(third.take("a", 1, 21, NOON + 21 * 250)).toBeUndefined();
  await third.kill();
});

test("the log does not grow for ever", async () => {
  const folder = await temporaryFolder();
  const data = await openData(folder);
  const memory = new Memory(data, 100);
  for (let seq = 1; seq <= 5000; seq++) {
    const stored = memory.take(`board-${seq % 7}`, 1, seq, NOON + seq * 250);
    if (seq % 20 === 0) await stored;
  }
  await memory.journal.stored;
  const entries = (await data.journal.iterator({ gte: "log:", lt: "log;" }).all()).length;
  expect(entries).toBeGreaterThan(0);
  expect(entries).toBeLessThan(50);
  await memory.kill();
});

test("what a device's readings were before this was a log is still known: which it has delivered", async () => {
  const folder = await temporaryFolder();
  const data = await openData(folder);
  const boots = new Boots();
  boots.place(1, 1, { light: 1 }, NOON, true);
  await data.journal.put("device:a", [1, boots.store()]);
  await data.journal.put("point:a\u0000001", [NOON, 1, true]);
  await data.close();
  const memory = await Memory.open(folder, 100);
  expect(memory.take("a", 1, 1, NOON)).toBeUndefined();
  expect(memory.take("a", 1, 2, NOON)).toBeDefined();
  await memory.kill();
});
