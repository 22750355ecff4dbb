import type { Database } from "./database.js";
import type { HistorySwitch } from "./history.js";
import { CHUNK } from "./packing.js";
import type { Switches } from "./protocol.js";
import { lastOfRun, stateOf, unpackRun } from "./switch-runs.js";
import { WaitingSwitches, type SwitchBatch } from "./waiting-switches.js";

/** Runs that are read at once. */
const PORTION = 500;

/**
 * The switches of a database. Like readings they are written as they come, a batch in one row, and stay in memory until they
 * are put with others of their device. Unlike those they are no set: so all that wait go into their runs at once, in one
 * transaction that deletes the batches, and whoever asks in between is told of those in memory as well.
 */
export class SwitchStore {
  readonly #database: Database;
  readonly #waiting = new WaitingSwitches();
  /** The number of the last batch. */
  #last: number;
  /** Who wrote it, and which of the writer's switches was its first. */
  #writer = 0;
  #first = 0;

  constructor(database: Database) {
    this.#database = database;
    const [sequence] = database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'switch_batches'");
    this.#last = Number(sequence?.seq ?? 0);
    for (const row of database.rows("SELECT * FROM switch_batches ORDER BY number")) {
      this.#writer = Number(row.writer);
      this.#first = Number(row.first);
      this.#waiting.add({
        devices: new Uint32Array((row.devices as Uint8Array).buffer),
        times: new Float64Array((row.times as Uint8Array).buffer),
        states: row.states as Uint8Array,
        places: new Uint16Array((row.places as Uint8Array).buffer),
        reasons: JSON.parse(String(row.reasons)) as string[],
      });
    }
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.count;
  }

  /** Whether the last batch is this one, which comes again when the thread died before it said so. 0: a writer without a name. */
  has(writer: number, first: number): boolean {
    return writer > 0 && writer === this.#writer && first === this.#first;
  }

  /** Writes a batch; within a transaction, and when that is done it is to be told to `add`. */
  write({ devices, times, states, places, reasons }: SwitchBatch, writer: number, first: number): void {
    this.#database.run(
      `INSERT INTO switch_batches (number, writer, first, devices, times, states, places, reasons)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[this.#last + 1, writer, first],
      ...[devices, times, states, places].map(bytesOf),
      JSON.stringify(reasons),
    );
  }

  /** A batch is written. */
  add(batch: SwitchBatch, writer: number, first: number): void {
    this.#last++;
    this.#writer = writer;
    this.#first = first;
    this.#waiting.add(batch);
  }

  /** Writes the runs of all that wait; within a transaction, and when that is done `settled` is to be called. */
  writeRuns(): void {
    if (this.waiting === 0) return;
    const sql = "INSERT INTO switch_runs (device, chunk, number, switches) VALUES (?, ?, ?, ?)";
    this.#waiting.eachRun((device, chunk, run) => this.#database.run(sql, device, chunk, this.#last, run));
    this.#database.run("DELETE FROM switch_batches");
  }

  /** Those that waited are in their runs. */
  settled(): void {
    this.#waiting.clear();
  }

  /** Those that wait go into another store, which is empty. */
  moveInto(other: SwitchStore): void {
    this.#waiting.moveInto(other.#waiting);
    other.#writer = this.#writer;
    other.#first = this.#first;
  }

  /** How the lamp of a device was at a time, after a switch at that very time; undefined when unknown. */
  lampAt(device: number, time: number): boolean | undefined {
    const chunk = Math.floor(time / CHUNK);
    const stored = latestOf(this.#stored(device, chunk * CHUNK, time + 1)) ?? latestOf(this.#before(device, chunk));
    const waiting = latestOf(this.#waiting.of(device, 0, time + 1));
    return (waiting && stored && waiting.time < stored.time ? stored : (waiting ?? stored))?.led_on;
  }

  /** The last switch of a device among those that are in their runs; undefined when there is none. */
  last(device: number): Pick<HistorySwitch, "time" | "led_on"> | undefined {
    const sql = "SELECT chunk, switches FROM switch_runs WHERE device = ? ORDER BY chunk DESC, number DESC LIMIT 1";
    const [run] = this.#database.rows(sql, device);
    return run && lastOfRun(run.switches, Number(run.chunk) * CHUNK);
  }

  /** The latest of a device from `from` to before `to`, oldest first: at most so many. */
  latest(device: number, from: number, to: number, most: number): HistorySwitch[] {
    return this.#collect(device, from, to, "DESC", most).slice(-most);
  }

  /** The first of a device from `from` to before `to`, oldest first: so many and perhaps some more, or all. */
  first(device: number, from: number, to: number, most: number): HistorySwitch[] {
    return this.#collect(device, from, to, "ASC", most);
  }

  /** At least so many from one end, 1 or more, if there are: all of the chunks where they are. */
  #collect(device: number, from: number, to: number, order: "ASC" | "DESC", most: number): HistorySwitch[] {
    const runs: HistorySwitch[][] = [];
    let count = 0;
    let current = -1;
    let [start, end] = [from, to];
    for (const { chunk, switches } of this.#runs(device, from, to, order)) {
      if (count >= most && chunk !== current) {
        if (order === "ASC") end = Math.min(to, (current + 1) * CHUNK);
        else start = Math.max(from, current * CHUNK);
        break;
      }
      current = chunk;
      runs.push(switches);
      count += switches.length;
    }
    if (order === "DESC") runs.reverse();
    // the sort is stable: of the same time, those are first that came first
    return [...runs.flat(), ...this.#waiting.of(device, start, end)].sort((a, b) => a.time - b.time);
  }

  #stored(device: number, from: number, to: number): HistorySwitch[] {
    return [...this.#runs(device, from, to, "ASC")].flatMap(({ switches }) => switches);
  }

  /** Those of the last chunk before this one that has any. */
  #before(device: number, chunk: number): HistorySwitch[] {
    const sql = "SELECT max(chunk) AS chunk FROM switch_runs WHERE device = ? AND chunk < ?";
    const [{ chunk: last }] = this.#database.rows(sql, device, chunk);
    return last === null ? [] : this.#stored(device, Number(last) * CHUNK, (Number(last) + 1) * CHUNK);
  }

  /** The runs of a device, in portions: a statement must not be left half-way. */
  *#runs(
    device: number,
    from: number,
    to: number,
    order: "ASC" | "DESC",
  ): Generator<{ readonly chunk: number; readonly switches: HistorySwitch[] }> {
    const first = Math.floor(from / CHUNK);
    const last = Math.ceil(to / CHUNK) - 1;
    const beyond = order === "ASC" ? ">" : "<";
    let place = order === "ASC" ? [first, -1] : [last + 1, 0];
    const sql = `SELECT chunk, number, switches FROM switch_runs
      WHERE device = ? AND chunk >= ? AND chunk <= ? AND (chunk, number) ${beyond} (?, ?)
      ORDER BY chunk ${order}, number ${order} LIMIT ${PORTION}`;
    for (;;) {
      const rows = this.#database.rows(sql, device, first, last, ...place);
      for (const row of rows) {
        const chunk = Number(row.chunk);
        yield { chunk, switches: unpackRun(row.switches, chunk * CHUNK, from, to) };
        place = [chunk, Number(row.number)];
      }
      if (rows.length < PORTION) return;
    }
  }
}

/** A batch with the numbers that its devices have in the database, by those that it has for them. */
export function storedForm(
  { devices, times, led_on, by, reasons, sentences }: Switches,
  numbers: readonly number[],
): SwitchBatch {
  return {
    devices: devices.map((device) => numbers[device]),
    times,
    states: led_on.map((on, at) => stateOf(on, by[at])),
    places: reasons,
    reasons: sentences,
  };
}

/** The latest of these; of the same time, that which came last. */
function latestOf(switches: readonly HistorySwitch[]): HistorySwitch | undefined {
  let latest: HistorySwitch | undefined;
  for (const one of switches) if (!latest || one.time >= latest.time) latest = one;
  return latest;
}

/** The bytes of a column. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
