import { Database } from "./database.js";
import { CHUNK_LENGTH, HOUR_LENGTH, mergeSummaries, summarize, mergeReadings, type Summary } from "./packing.js";
import { PendingReadings, type ChunkReadings } from "./pending-readings.js";
import type { HistoryBatch } from "./protocol.js";
import { bytesOf, SwitchStore, toStoredBatch } from "./switch-store.js";

/** Number of keys per device in `chunks` and `hours`. A device's keys start at its number * `KEYS_PER_DEVICE`. */
export const KEYS_PER_DEVICE = 2 ** 32;

/**
 * How many readings (14 bytes each) or switches (17 bytes each) are pending when a compaction starts. Rewriting a chunk
 * takes nearly as long for one new reading as for ten. With a much larger number, a compaction would block the thread
 * too long.
 */
const MAX_PENDING_ENTRIES = 500_000;

/**
 * The history in SQLite, with write-behind. `write` stores a batch of readings from all devices in one row. The
 * readings also stay in memory until `compact` moves them into chunks (one row per device and ten minutes) and deletes
 * the batches. This happens once a minute, and before a query for the device. After a crash the next start compacts the
 * remaining batches; compacting a reading twice changes nothing. `SwitchStore` stores the lamp switches.
 */
export class SqliteStore {
  readonly database: Database;
  readonly switches: SwitchStore;
  /** Maps the id of each device that has history to its number, the primary key of the table `devices`. */
  readonly #numbers = new Map<string, number>();
  /** Cache that maps a device's index in `#ids` to its number in the table `devices`; 0 if not looked up yet. */
  #numbersByIndex: number[] = [];
  #ids: readonly string[] = [];
  /** Readings that `compact` has not moved into ten-minute chunks yet. On disk, they are only in batches. */
  readonly #pending = new PendingReadings();

  /**
   * @param runId identifies this run of the server, as in `WorkerSetup`
   * @throws VersionError or Error, as `Database` does
   */
  constructor(
    file: string,
    readonly runId = 0,
  ) {
    this.database = new Database(file);
    try {
      this.switches = new SwitchStore(this.database);
      for (const { id, number } of this.database.selectRows("SELECT id, number FROM devices WHERE id IS NOT NULL"))
        this.#numbers.set(String(id), Number(number));
      this.database.each("SELECT devices, times, lights FROM batches", [], ({ devices, times, lights }) =>
        this.#pending.add({
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

  /**
   * Rescues data when this store's file is damaged: copies the device numbers to an empty store, moves the pending
   * entries there and compacts them.
   */
  moveInto(other: SqliteStore): void {
    other.database.transaction(() => {
      for (const [id, number] of this.#numbers)
        other.database.run("INSERT INTO devices (number, id) VALUES (?, ?)", number, id);
    });
    for (const [id, number] of this.#numbers) other.#numbers.set(id, number);
    this.#pending.moveInto(other.#pending);
    this.switches.moveInto(other.switches);
    other.compact();
  }

  /** Returns the number of a device; undefined when the device has no history. */
  deviceNumberOf(id: string): number | undefined {
    return this.#numbers.get(id);
  }

  /**
   * Writes a batch in one transaction. Adds new devices to the database, compacts first if too many entries are
   * pending, and skips switches that an earlier attempt has already written.
   * @param ids device ids by device index
   */
  write(batch: HistoryBatch, ids: readonly string[]): void {
    const { times, lights } = batch;
    if (this.#pending.slotCount + times.length > MAX_PENDING_ENTRIES) this.#compactReadings();
    if (this.switches.pendingCount + batch.switches.times.length > MAX_PENDING_ENTRIES) this.compactSwitches();
    const numbers = this.#assignNumbers(batch, ids);
    const devices = batch.devices.map((device) => numbers[device]);
    const switches = toStoredBatch(batch.switches, numbers);
    const { first } = batch.switches;
    const hasNewSwitches = switches.times.length > 0 && !this.switches.isLastBatch(this.runId, first);
    this.database.transaction(() => {
      if (times.length > 0)
        this.database.run(
          "INSERT INTO batches (devices, times, lights) VALUES (?, ?, ?)",
          bytesOf(devices),
          bytesOf(times),
          bytesOf(lights),
        );
      if (hasNewSwitches) this.switches.write(switches, this.runId, first);
    });
    if (times.length > 0) this.#pending.add({ devices, times, lights });
    if (hasNewSwitches) this.switches.addPending(switches, this.runId, first);
  }

  /**
   * Moves a device's pending readings into ten-minute chunks. Without `device`, moves all pending readings and
   * switches.
   */
  compact(device?: number): void {
    this.#compactReadings(device);
    if (device === undefined) this.compactSwitches();
  }

  #compactReadings(device?: number): void {
    if (this.#pending.count === 0) return;
    this.database.transaction(() => {
      const written = this.#writeChunks(this.#pending.groups(device));
      // Keep the batches while readings of other devices are pending, because these readings have no other copy on
      // disk.
      if (written === this.#pending.count) this.database.run("DELETE FROM batches");
    });
    this.#pending.remove(device);
  }

  /** Moves the pending switches of all devices into the table `switch_runs`. */
  compactSwitches(): void {
    if (this.switches.pendingCount === 0) return;
    this.database.transaction(() => this.switches.writeBlocks());
    this.switches.clearPending();
  }

  /** Deletes a device's history: later queries find nothing, and later sweeps delete its rows. */
  forget(id: string): void {
    const number = this.#numbers.get(id);
    if (number === undefined) return;
    this.compact();
    this.database.run("UPDATE devices SET id = NULL WHERE number = ?", number);
    this.#numbers.delete(id);
    this.#numbersByIndex = [];
  }

  /** Compacts and closes the database. Never throws. */
  close(): void {
    try {
      this.compact();
    } catch {
      // Ignore the error, because the batches on disk still contain the pending entries, and the next start compacts
      // them.
    }
    this.database.close();
  }

  /** Maps each device index of the batch to a device number. Inserts devices without a number into the database. */
  #assignNumbers({ devices, switches }: HistoryBatch, ids: readonly string[]): readonly number[] {
    if (ids !== this.#ids) this.#numbersByIndex = [];
    this.#ids = ids;
    const numbers = this.#numbersByIndex;
    while (numbers.length < ids.length) numbers.push(0);
    const newIndexes = new Set<number>();
    for (const column of [devices, switches.devices])
      for (const index of column)
        if (numbers[index] === 0) {
          const number = this.#numbers.get(ids[index]);
          if (number === undefined) newIndexes.add(index);
          else numbers[index] = number;
        }
    if (newIndexes.size === 0) return numbers;
    const newNumbers = new Map<string, number>();
    this.database.transaction(() => {
      for (const index of newIndexes) {
        const id = ids[index];
        if (!newNumbers.has(id)) newNumbers.set(id, this.database.insert("INSERT INTO devices (id) VALUES (?)", id));
      }
    });
    for (const [id, number] of newNumbers) this.#numbers.set(id, number);
    for (const index of newIndexes) numbers[index] = newNumbers.get(ids[index])!;
    return numbers;
  }

  /** Merges readings into chunk rows and hourly summaries. Returns the number of readings, duplicates included. */
  #writeChunks(groups: Iterable<ChunkReadings>): number {
    let count = 0;
    let hour: { readonly key: number; added: Summary } | undefined;
    for (const { device, chunk, readings } of groups) {
      count += readings.length;
      const added = this.#writeChunk(device * KEYS_PER_DEVICE + chunk, chunk * CHUNK_LENGTH, readings);
      if (!added) continue;
      const key = device * KEYS_PER_DEVICE + Math.floor((chunk * CHUNK_LENGTH) / HOUR_LENGTH);
      if (hour?.key === key) hour.added = mergeSummaries(hour.added, added);
      else {
        if (hour) this.#writeHour(hour.key, hour.added);
        hour = { key, added };
      }
    }
    if (hour) this.#writeHour(hour.key, hour.added);
    return count;
  }

  /**
   * Merges readings into one chunk row. Returns what to add to the hourly summary; undefined if all readings are
   * duplicates.
   */
  #writeChunk(key: number, start: number, added: Uint32Array): Summary | undefined {
    const found = this.database.selectRows("SELECT readings FROM chunks WHERE key = ?", key);
    const before = found.length > 0 ? decodeReadings(found[0].readings) : new Uint32Array();
    const merged = mergeReadings(before, added);
    if (merged.length === before.length) return undefined;
    const { first, min, max, lastTime, last, count } = summarize(start, merged);
    this.database.run(
      "INSERT OR REPLACE INTO chunks (key, first, min, max, last, count, readings) VALUES (?, ?, ?, ?, ? << 12 | ?, ?, ?)",
      ...[key, first, min, max, lastTime, last, count],
      bytesOf(merged),
    );
    // Exclude the readings that were stored before from the count. The minimum and maximum may include them, because
    // the hour already does.
    return { ...summarize(start, added), count: merged.length - before.length };
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

/** Returns the encoded readings of a chunk. @throws Error when the stored value is malformed */
export function decodeReadings(value: unknown): Uint32Array {
  if (!(value instanceof Uint8Array) || value.length % 4 !== 0) throw new Error("a chunk of readings is malformed");
  return new Uint32Array(value.buffer, value.byteOffset, value.length / 4);
}
