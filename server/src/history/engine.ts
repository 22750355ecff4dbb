import type { HistoryQuery, Latest, Retention } from "./history.js";
import type { PackedAnswer, Page, Parcel, Range } from "./protocol.js";

export interface HistoryOptions {
  readonly retention: Retention;
  /** Told what a person should know: what could not be written, and why. Not more than once a minute for the same. */
  failed(problem: string): void;
  /** Told that a file is damaged, where it was moved, and what may be missing. */
  damaged?(problem: string): void;
}

/** What one database does otherwise than another. Questions that reach it make sense, and come after what they are to see. */
export interface Engine {
  /** The file or the server, as people know it; without a password. */
  readonly name: string;
  /** The whole of it is written when it is fulfilled, or nothing when it is rejected: then it comes again. */
  write(parcel: Parcel): Promise<void>;
  query(query: HistoryQuery): Promise<PackedAnswer>;
  page(range: Range): Promise<Page>;
  latest(devices: readonly string[]): Promise<(Latest | undefined)[]>;
  forget(device: string): Promise<void>;
  retain(retention: Retention): Promise<void>;
  close(): Promise<void>;
}
