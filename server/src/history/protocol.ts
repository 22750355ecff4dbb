/** Messages between the server and the history's worker thread, and the types that both database engines share. */
import type { HistoryAnswer, HistoryQuery, HistorySwitch, Latest, Retention } from "./history.js";

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

/** Values of `HistorySwitch.by`, in the order of the numbers that are stored for them. */
export const SWITCH_CAUSES = ["server", "person", "device"] as const;

/** Switches in columns: entries with the same index belong together. Arrays are cheaper to send to a thread than objects. */
export interface SwitchColumns {
  /** Device indexes, as in `HistoryBatch`. */
  readonly devices: Uint32Array;
  /** Times in ms since 1970. */
  readonly times: Float64Array;
  /** 1 when the lamp was switched on, otherwise 0. */
  readonly led_on: Uint8Array;
  /** Indexes into `BY`. */
  readonly by: Uint8Array;
  /** Indexes into `reasonTexts`. */
  readonly reasonIndexes: Uint16Array;
  /** The distinct reasons of this batch: most switches share a few reasons. */
  readonly reasonTexts: readonly string[];
  /** Sequence number of the first switch within this run of the server, by which the engine detects a repeated batch. */
  readonly first: number;
}

/** Readings and switches that are written in one transaction. Columns: entries with the same index belong together. */
export interface HistoryBatch {
  /** Device indexes: positions in the array of ids that this run of the server has sent. */
  readonly devices: Uint32Array;
  /** Times in ms since 1970. */
  readonly times: Float64Array;
  /** Light levels in units of 0.25. */
  readonly lights: Uint16Array;
  /** `boot` and `seq` of each reading, NaN for a reading without them. Omitted when no reading has them. */
  readonly boots?: Float64Array;
  readonly seqs?: Float64Array;
  readonly switches: SwitchColumns;
}

/** A batch for the database engine, with the device ids that the engine does not know yet. */
export interface WriteRequest extends HistoryBatch {
  readonly newIds: readonly string[];
  /** The device index of the first new id. 0 starts a new array of ids, which invalidates all earlier device indexes. */
  readonly firstNewIndex: number;
}

/** Appends the new ids of a request to the known ids. Returns another array if the request starts a new one. */
export function extendIds(known: string[], { newIds, firstNewIndex }: WriteRequest): string[] {
  const ids = firstNewIndex === 0 ? [] : known;
  newIds.forEach((id, index) => (ids[firstNewIndex + index] = id));
  return ids;
}

/** Number of values per point in `PackedAnswer`: time, min, max, last, count, as in `Bucket`. */
export const POINT = 5;

/** A `HistoryAnswer` whose points are packed into one array, `POINT` values each. */
export interface PackedAnswer extends Omit<HistoryAnswer, "points"> {
  readonly points: Float64Array;
}

/** One page of an export. Entries of `times` and `lights` with the same index belong together. */
export interface Page {
  /** Times in ms since 1970. */
  readonly times: Float64Array;
  readonly lights: Float32Array;
  readonly switches: readonly HistorySwitch[];
  /** Start of the next page, in ms since 1970. */
  readonly next: number;
}

/** A device and a time range in ms since 1970: `from` is included, `to` is excluded. */
export interface Range {
  readonly device: string;
  readonly from: number;
  readonly to: number;
}

/** The functions of the worker thread that the server can call. */
export interface WorkerCalls {
  /** Opens the database. Returns "", or the reason why it failed; later calls retry. Throws if a retry cannot help. */
  open(): string;
  /** Writes the whole batch, or throws and writes nothing. */
  write(request: WriteRequest): void;
  query(query: HistoryQuery): PackedAnswer;
  page(range: Range): Page;
  latest(devices: readonly string[]): (Latest | undefined)[];
  forget(device: string): void;
  retain(retention: Retention): void;
  /** Closes the database. The last call. */
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
