import type { Database } from "./database.js";
import type { HistorySwitch } from "./history.js";
import { CHUNK_LENGTH } from "./packing.js";
import { PendingSwitches, type SwitchBatch } from "./pending-switches.js";
import type { SwitchColumns } from "./protocol.js";
import { decodeBlock, encodeState, decodeLastSwitch } from "./switch-blocks.js";

/** Maximum number of blocks that one SQL query returns. */
const BLOCKS_PER_QUERY = 500;

/**
 * The switches of a history file, with write-behind. Like readings, switches are first written in batches, one row
 * each, and stay in memory until compaction. Compaction writes them to `switch_runs` as blocks: one block for each
 * device and chunk. Unlike readings, equal switches are not duplicates, so compacting twice would store them twice.
 * Therefore one transaction compacts all pending switches and deletes their batches. Before compaction, queries combine
 * blocks with pending switches.
 */
export class SwitchStore {
  readonly #database: Database;
  readonly #pending = new PendingSwitches();
  /** Primary key of the last row written to `switch_batches`. Compaction deletes the row but keeps this value. */
  #lastBatch: number;
  /** Id of the server run that wrote the last batch; 0 if no batch was written. */
  #lastRunId = 0;
  /** Sequence number of the first switch in the last batch. */
  #lastFirst = 0;

  constructor(database: Database) {
    this.#database = database;
    const [sequence] = database.selectRows("SELECT seq FROM sqlite_sequence WHERE name = 'switch_batches'");
    this.#lastBatch = Number(sequence?.seq ?? 0);
    for (const row of database.selectRows("SELECT * FROM switch_batches ORDER BY number")) {
      this.#lastRunId = Number(row.writer);
      this.#lastFirst = Number(row.first);
      this.#pending.add({
        devices: new Uint32Array((row.devices as Uint8Array).buffer),
        times: new Float64Array((row.times as Uint8Array).buffer),
        states: row.states as Uint8Array,
        reasonIndexes: new Uint16Array((row.places as Uint8Array).buffer),
        reasonTexts: JSON.parse(String(row.reasons)) as string[],
      });
    }
  }

  /** Number of switches that are not in blocks yet. */
  get pendingCount(): number {
    return this.#pending.count;
  }

  /**
   * Returns whether a batch is already written. The server sends the last batch again if the thread dies before
   * confirming it. A `runId` of 0 disables the check.
   */
  isLastBatch(runId: number, first: number): boolean {
    return runId > 0 && runId === this.#lastRunId && first === this.#lastFirst;
  }

  /** Writes a batch, within the caller's transaction. Call `addPending` after the commit. */
  write({ devices, times, states, reasonIndexes, reasonTexts }: SwitchBatch, runId: number, first: number): void {
    this.#database.run(
      `INSERT INTO switch_batches (number, writer, first, devices, times, states, places, reasons)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[this.#lastBatch + 1, runId, first],
      ...[devices, times, states, reasonIndexes].map(bytesOf),
      JSON.stringify(reasonTexts),
    );
  }

  /** Adds a batch to the pending switches in memory. Call this after the transaction that wrote the batch. */
  addPending(batch: SwitchBatch, runId: number, first: number): void {
    this.#lastBatch++;
    this.#lastRunId = runId;
    this.#lastFirst = first;
    this.#pending.add(batch);
  }

  /** Writes all pending switches as blocks, within the caller's transaction. Call `clearPending` after the commit. */
  writeBlocks(): void {
    if (this.pendingCount === 0) return;
    const sql = "INSERT INTO switch_runs (device, chunk, number, switches) VALUES (?, ?, ?, ?)";
    this.#pending.eachBlock((device, chunk, block) => this.#database.run(sql, device, chunk, this.#lastBatch, block));
    this.#database.run("DELETE FROM switch_batches");
  }

  /** Drops the pending switches from memory. Call this after the transaction that wrote their blocks. */
  clearPending(): void {
    this.#pending.clear();
  }

  /** Moves the pending switches into an empty store, which then also recognizes a repeated last batch. */
  moveInto(other: SwitchStore): void {
    this.#pending.moveInto(other.#pending);
    other.#lastRunId = this.#lastRunId;
    other.#lastFirst = this.#lastFirst;
  }

  /**
   * Returns the state of a device's lamp at a time, including a switch at exactly that time; undefined when unknown.
   */
  lampStateAt(device: number, time: number): boolean | undefined {
    const chunk = Math.floor(time / CHUNK_LENGTH);
    const stored =
      latestSwitchOf(this.#stored(device, chunk * CHUNK_LENGTH, time + 1)) ??
      latestSwitchOf(this.#lastBefore(device, chunk));
    const pending = latestSwitchOf(this.#pending.switchesOf(device, 0, time + 1));
    return (pending && stored && pending.time < stored.time ? stored : (pending ?? stored))?.led_on;
  }

  /** Returns the last switch of a device; undefined when there is none. Call `compactSwitches` of the store before. */
  readLastSwitch(device: number): Pick<HistorySwitch, "time" | "led_on"> | undefined {
    const sql = "SELECT chunk, switches FROM switch_runs WHERE device = ? ORDER BY chunk DESC, number DESC LIMIT 1";
    const [block] = this.#database.selectRows(sql, device);
    return block && decodeLastSwitch(block.switches, Number(block.chunk) * CHUNK_LENGTH);
  }

  /** Returns a device's latest switches from `from` (included) to `to` (excluded), at most `limit`, oldest first. */
  readLatestSwitches(device: number, from: number, to: number, limit: number): HistorySwitch[] {
    return this.#collect(device, from, to, "DESC", limit).slice(-limit);
  }

  /**
   * Returns a device's first switches from `from` (included) to `to` (excluded), oldest first. May return more than
   * `limit`, because it reads whole ten-minute chunks.
   */
  readFirstSwitches(device: number, from: number, to: number, limit: number): HistorySwitch[] {
    return this.#collect(device, from, to, "ASC", limit);
  }

  /**
   * Reads whole chunks from one end of the range until at least `limit` switches are found. Sorts the switches by time.
   */
  #collect(device: number, from: number, to: number, order: "ASC" | "DESC", limit: number): HistorySwitch[] {
    const blocks: HistorySwitch[][] = [];
    let count = 0;
    let current = -1;
    let [start, end] = [from, to];
    for (const { chunk, switches } of this.#blocks(device, from, to, order)) {
      if (count >= limit && chunk !== current) {
        if (order === "ASC") end = Math.min(to, (current + 1) * CHUNK_LENGTH);
        else start = Math.max(from, current * CHUNK_LENGTH);
        break;
      }
      current = chunk;
      blocks.push(switches);
      count += switches.length;
    }
    if (order === "DESC") blocks.reverse();
    // Switches with the same time stay in the order of arrival, because the sort is stable.
    return [...blocks.flat(), ...this.#pending.switchesOf(device, start, end)].sort((a, b) => a.time - b.time);
  }

  #stored(device: number, from: number, to: number): HistorySwitch[] {
    return [...this.#blocks(device, from, to, "ASC")].flatMap(({ switches }) => switches);
  }

  /** Returns the switches of the last chunk before `chunk` in which the device has switches. */
  #lastBefore(device: number, chunk: number): HistorySwitch[] {
    const sql = "SELECT max(chunk) AS chunk FROM switch_runs WHERE device = ? AND chunk < ?";
    const [{ chunk: last }] = this.#database.selectRows(sql, device, chunk);
    return last === null ? [] : this.#stored(device, Number(last) * CHUNK_LENGTH, (Number(last) + 1) * CHUNK_LENGTH);
  }

  /**
   * Yields a device's blocks. Reads few blocks per SQL query, because a half-read statement would block checkpoints.
   */
  *#blocks(
    device: number,
    from: number,
    to: number,
    order: "ASC" | "DESC",
  ): Generator<{ readonly chunk: number; readonly switches: HistorySwitch[] }> {
    const first = Math.floor(from / CHUNK_LENGTH);
    const last = Math.ceil(to / CHUNK_LENGTH) - 1;
    const beyond = order === "ASC" ? ">" : "<";
    let position = order === "ASC" ? [first, -1] : [last + 1, 0];
    const sql = `SELECT chunk, number, switches FROM switch_runs
      WHERE device = ? AND chunk >= ? AND chunk <= ? AND (chunk, number) ${beyond} (?, ?)
      ORDER BY chunk ${order}, number ${order} LIMIT ${BLOCKS_PER_QUERY}`;
    for (;;) {
      const rows = this.#database.selectRows(sql, device, first, last, ...position);
      for (const row of rows) {
        const chunk = Number(row.chunk);
        yield { chunk, switches: decodeBlock(row.switches, chunk * CHUNK_LENGTH, from, to) };
        position = [chunk, Number(row.number)];
      }
      if (rows.length < BLOCKS_PER_QUERY) return;
    }
  }
}

/**
 * Converts the switches of a batch to the form in which they are stored.
 * @param numbers device numbers by device index
 */
export function toStoredBatch(
  { devices, times, led_on, by, reasonIndexes, reasonTexts }: SwitchColumns,
  numbers: readonly number[],
): SwitchBatch {
  return {
    devices: devices.map((device) => numbers[device]),
    times,
    states: led_on.map((on, at) => encodeState(on, by[at])),
    reasonIndexes,
    reasonTexts,
  };
}

/** Returns the latest switch; of several with the same time, the last one in the array. */
function latestSwitchOf(switches: readonly HistorySwitch[]): HistorySwitch | undefined {
  let latest: HistorySwitch | undefined;
  for (const one of switches) if (!latest || one.time >= latest.time) latest = one;
  return latest;
}

/** Returns the bytes of a typed array without copying them. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
