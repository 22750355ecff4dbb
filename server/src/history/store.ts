import { Database } from "./database.js";
import { CHUNK, HOUR, summaryOf, together, union, type Summary } from "./packing.js";
import type { Batch } from "./protocol.js";
import { bytesOf, storedForm, SwitchStore } from "./switches.js";
import { WaitingReadings, type ReadingRun } from "./waiting-readings.js";

/** A device's keys begin at its number times this. */
export const SPAN = 2 ** 32;

/**
 * When so many readings wait for their chunks, 14 bytes each, or so many switches, of 17 bytes, they are put there: a chunk takes
 * nearly as long whether one reading is added to it or ten. While more were put there, more would come than can wait.
 */
const MANY = 500_000;

/**
 * The database's own side. A batch is written as it comes: one row, one page of the disk, whichever devices it is of.
 * Its readings also stay in memory, until they are put into the chunks where they belong, once a minute or when somebody
 * asks for the device; then the batches are deleted. What is killed in between finds them at the next start, and puts
 * them into the chunks again, which changes nothing when they are there already. Switches have a store of their own.
 */
export class Store {
  readonly database: Database;
  readonly switches: SwitchStore;
  /** The numbers of devices, by id. */
  readonly #numbers = new Map<string, number>();
  /** The same by the numbers that batches have for them, 0 where that is not known; and the ids that those stand for. */
  #known: number[] = [];
  #ids: readonly string[] = [];
  /** What is not in the chunks yet. */
  readonly #waiting = new WaitingReadings();

  /** @param writer who writes from now on, see `Setup` @throws as `Database` does. */
  constructor(
    file: string,
    readonly writer = 0,
  ) {
    this.database = new Database(file);
    try {
      this.switches = new SwitchStore(this.database);
      for (const { id, number } of this.database.rows("SELECT id, number FROM devices WHERE id IS NOT NULL"))
        this.#numbers.set(String(id), Number(number));
      this.database.each("SELECT devices, times, lights FROM batches", [], ({ devices, times, lights }) =>
        this.#waiting.add({
          devices: new Uint32Array((devices as Uint8Array).buffer),
          times: new Float64Array((times as Uint8Array).buffer),
          lights: new Uint16Array((lights as Uint8Array).buffer),
        }),
      );
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  /** What this store knows of devices and has in memory goes into another one, which is empty: for when its file was damaged. */
  moveInto(other: Store): void {
    other.database.transaction(() => {
      for (const [id, number] of this.#numbers)
        other.database.run("INSERT INTO devices (number, id) VALUES (?, ?)", number, id);
    });
    for (const [id, number] of this.#numbers) other.#numbers.set(id, number);
    this.#waiting.moveInto(other.#waiting);
    this.switches.moveInto(other.switches);
    other.compact();
  }

  /** The number of a device; undefined when there is nothing of it. */
  numberOf(id: string): number | undefined {
    return this.#numbers.get(id);
  }

  /** Writes a batch, whole or not at all; `ids` are those that its numbers stand for. */
  write(batch: Batch, ids: readonly string[]): void {
    const { times, lights } = batch;
    if (this.#waiting.places + times.length > MANY) this.#settleReadings();
    if (this.switches.waiting + batch.switches.times.length > MANY) this.settleSwitches();
    const numbers = this.#numbersOf(batch, ids);
    const devices = batch.devices.map((device) => numbers[device]);
    const switches = storedForm(batch.switches, numbers);
    const { first } = batch.switches;
    const switched = switches.times.length > 0 && !this.switches.has(this.writer, first);
    this.database.transaction(() => {
      if (times.length > 0)
        this.database.run(
          "INSERT INTO batches (devices, times, lights) VALUES (?, ?, ?)",
          bytesOf(devices),
          bytesOf(times),
          bytesOf(lights),
        );
      if (switched) this.switches.write(switches, this.writer, first);
    });
    if (times.length > 0) this.#waiting.add({ devices, times, lights });
    if (switched) this.switches.add(switches, this.writer, first);
  }

  /** Puts all that waits where it belongs; of a device, its readings. */
  compact(device?: number): void {
    this.#settleReadings(device);
    if (device === undefined) this.settleSwitches();
  }

  #settleReadings(device?: number): void {
    if (this.#waiting.count === 0) return;
    this.database.transaction(() => {
      const written = this.#writeChunks(this.#waiting.runs(device));
      // of the others' readings they are the only copy on disk
      if (written === this.#waiting.count) this.database.run("DELETE FROM batches");
    });
    this.#waiting.take(device);
  }

  /** Puts the switches that wait into their runs. */
  settleSwitches(): void {
    if (this.switches.waiting === 0) return;
    this.database.transaction(() => this.switches.writeRuns());
    this.switches.settled();
  }

  /** From now on there is nothing of a device. What is stored of it is deleted by and by. */
  forget(id: string): void {
    const number = this.#numbers.get(id);
    if (number === undefined) return;
    this.compact();
    this.database.run("UPDATE devices SET id = NULL WHERE number = ?", number);
    this.#numbers.delete(id);
    this.#known = [];
  }

  /** Never throws: what cannot be put into its chunks stays in the batches, for the next start. */
  close(): void {
    try {
      this.compact();
    } catch {
      // the batches have it
    }
    this.database.close();
  }

  /** The numbers in the database by those of a batch, in which new devices get theirs. */
  #numbersOf({ devices, switches }: Batch, ids: readonly string[]): readonly number[] {
    if (ids !== this.#ids) this.#known = [];
    this.#ids = ids;
    const known = this.#known;
    while (known.length < ids.length) known.push(0);
    const fresh = new Set<number>();
    for (const all of [devices, switches.devices])
      for (const device of all)
        if (known[device] === 0) {
          const number = this.#numbers.get(ids[device]);
          if (number === undefined) fresh.add(device);
          else known[device] = number;
        }
    if (fresh.size === 0) return known;
    const news = new Map<string, number>();
    this.database.transaction(() => {
      for (const device of fresh) {
        const id = ids[device];
        if (!news.has(id)) news.set(id, this.database.insert("INSERT INTO devices (id) VALUES (?)", id));
      }
    });
    for (const [id, number] of news) this.#numbers.set(id, number);
    for (const device of fresh) known[device] = news.get(ids[device])!;
    return known;
  }

  /** Puts runs into their chunks, and the sums of those into the hours; how many readings they have, new or not. */
  #writeChunks(runs: Iterable<ReadingRun>): number {
    let count = 0;
    let hour: { readonly key: number; news: Summary } | undefined;
    for (const { device, chunk, readings } of runs) {
      count += readings.length;
      const news = this.#writeChunk(device * SPAN + chunk, chunk * CHUNK, readings);
      if (!news) continue;
      const key = device * SPAN + Math.floor((chunk * CHUNK) / HOUR);
      if (hour?.key === key) hour.news = together(hour.news, news);
      else {
        if (hour) this.#writeHour(hour.key, hour.news);
        hour = { key, news };
      }
    }
    if (hour) this.#writeHour(hour.key, hour.news);
    return count;
  }

  /** What is new in it; undefined when nothing is. */
  #writeChunk(key: number, start: number, added: Uint32Array): Summary | undefined {
    const found = this.database.rows("SELECT readings FROM chunks WHERE key = ?", key);
    const before = found.length > 0 ? readingsOf(found[0].readings) : new Uint32Array();
    const all = union(before, added);
    if (all.length === before.length) return undefined;
    const { first, min, max, lastTime, last, count } = summaryOf(start, all);
    this.database.run(
      "INSERT OR REPLACE INTO chunks (key, first, min, max, last, count, readings) VALUES (?, ?, ?, ?, ? << 12 | ?, ?, ?)",
      ...[key, first, min, max, lastTime, last, count],
      bytesOf(all),
    );
    // what was there already is in the hour's minimum and maximum: only the count is of the new ones alone
    return { ...summaryOf(start, added), count: all.length - before.length };
  }

  #writeHour(key: number, { first, min, max, lastTime, last, count }: Summary): void {
    this.database.run(
      `INSERT INTO hours (key, first, min, max, last, count) VALUES (?, ?, ?, ?, ? << 12 | ?, ?)
       ON CONFLICT (key) DO UPDATE SET first = min(first, excluded.first), min = min(min, excluded.min),
         max = max(max, excluded.max), last = max(last, excluded.last), count = count + excluded.count`,
      ...[key, first, min, max, lastTime, last, count],
    );
  }
}

/** The readings of a chunk. @throws Error when they cannot be such. */
export function readingsOf(value: unknown): Uint32Array {
  if (!(value instanceof Uint8Array) || value.length % 4 !== 0) throw new Error("a chunk of readings is malformed");
  return new Uint32Array(value.buffer, value.byteOffset, value.length / 4);
}
