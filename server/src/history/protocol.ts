/** Messages between the server and the history's worker thread, and the types that both database engines share. */
import type { HistoryAnswer, HistoryQuery, HistorySwitch, LatestEntries, Retention } from "./history.js";

/** Configuration of the worker thread. */
export interface WorkerSetup {
  /** Path of the database file. */
  readonly file: string;
  readonly retention: Retention;
  /** Random number, not 0, that identifies this run of the server. */
  readonly runId: number;
  /** Device ids that earlier write requests have sent; a device index points into this array. */
  readonly ids: readonly string[];
}

/** Values of `HistorySwitch.by`. Stored switches contain the position of a value in this array. */
export const SWITCH_CAUSES = ["server", "person", "device"] as const;

/**
 * Switches in columns: entries with the same index belong together. Columns are used because a thread receives arrays
 * faster than objects.
 */
export interface SwitchColumns {
  /** Device of each switch, as a device index. `HistoryBatch` explains these indexes. */
  readonly devices: Uint32Array;
  /** When each switch happened, in ms since 1970. */
  readonly times: Float64Array;
  /** Lamp state after each switch: 1 for on, 0 for off. */
  readonly led_on: Uint8Array;
  /** Who switched the lamp, as an index into `SWITCH_CAUSES`. */
  readonly by: Uint8Array;
  /** Reason of each switch, as an index into `reasonTexts`. */
  readonly reasonIndexes: Uint16Array;
  /** The reasons of this batch without duplicates, because most switches share a few reasons. */
  readonly reasonTexts: readonly string[];
  /** Sequence number of the first switch in this run of the server. The engine uses it to detect a repeated batch. */
  readonly first: number;
}

/** Readings and switches that one transaction writes, in columns: entries with the same index belong together. */
export interface HistoryBatch {
  /** Device of each reading, as an index into the array of ids that this run of the server has sent. */
  readonly devices: Uint32Array;
  /** When each reading was taken, in ms since 1970. */
  readonly times: Float64Array;
  /** Light level of each reading, in units of 0.25. */
  readonly lights: Uint16Array;
  /** `boot` of each reading, NaN for a reading without it; undefined when no reading has it. */
  readonly boots?: Float64Array;
  /** `seq` of each reading, NaN for a reading without it; undefined when no reading has it. */
  readonly seqs?: Float64Array;
  readonly switches: SwitchColumns;
}

/** A batch for the database engine, with the device ids that the engine does not know yet. */
export interface WriteRequest extends HistoryBatch {
  readonly newIds: readonly string[];
  /**
   * The device index of the first id in `newIds`. With 0, a new array begins, and earlier device indexes are invalid.
   */
  readonly firstNewIndex: number;
}

/** Appends the new ids of a request to the known ids. Returns another array if the request starts a new one. */
export function extendIds(known: string[], { newIds, firstNewIndex }: WriteRequest): string[] {
  const ids = firstNewIndex === 0 ? [] : known;
  newIds.forEach((id, index) => (ids[firstNewIndex + index] = id));
  return ids;
}

/** Numbers per point in `PackedAnswer.points`: time, min, max, last and count, as in `Bucket`. */
export const NUMBERS_PER_POINT = 5;

/** A `HistoryAnswer` with all points in one array, which has `NUMBERS_PER_POINT` numbers per point. */
export interface PackedAnswer extends Omit<HistoryAnswer, "points"> {
  readonly points: Float64Array;
}

/** One page of an export. Entries of `times` and `lights` with the same index belong together. */
export interface HistoryPage {
  /** When each reading was taken, in ms since 1970. */
  readonly times: Float64Array;
  readonly lights: Float32Array;
  readonly switches: readonly HistorySwitch[];
  /** Start of the next page, in ms since 1970. */
  readonly next: number;
}

/** A device and a time range in ms since 1970: `from` is included, `to` is excluded. */
export interface HistoryRange {
  readonly device: string;
  readonly from: number;
  readonly to: number;
}

/** The functions of the worker thread that the server can call. */
export interface WorkerCalls {
  /**
   * Opens the database. Returns "" on success, or why opening failed; later calls try again. Throws if no later call
   * can succeed.
   */
  open(): string;
  /** Writes the whole batch, or throws and writes nothing. */
  write(request: WriteRequest): void;
  query(query: HistoryQuery): PackedAnswer;
  readPage(range: HistoryRange): HistoryPage;
  readLatest(devices: readonly string[]): (LatestEntries | undefined)[];
  forget(device: string): void;
  retain(retention: Retention): void;
  /** Closes the database. No other call may follow. */
  close(): void;
}

export type CallName = keyof WorkerCalls;

export interface CallRequest {
  readonly id: number;
  readonly call: CallName;
  readonly argument: unknown;
}

/** A message from the worker thread: the result of a call, the error of a call, or a problem or damage to report. */
export type WorkerMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly problem: string }
  | { readonly damage: string };
