import type { HistoryAnswer, HistoryQuery, HistorySwitch, Latest, Retention } from "./history.js";

/** What the thread is given when it starts. */
export interface Setup {
  /** The database. */
  readonly file: string;
  readonly retention: Retention;
  /** This run of this server, by a number of its own: not 0. */
  readonly writer: number;
  /** Ids by the numbers of this run, as far as they are given. */
  readonly ids: readonly string[];
}

/** Who switches lamps, by the numbers that `Switches` has for them. */
export const BY = ["server", "person", "device"] as const;

/** Switches; entries with the same index belong together. An object for each would cost more on its way than it does to write. */
export interface Switches {
  /** As in `Batch`. */
  readonly devices: Uint32Array;
  readonly times: Float64Array;
  /** 1: on. */
  readonly led_on: Uint8Array;
  /** Places in `BY`. */
  readonly by: Uint8Array;
  /** Places in `sentences`. */
  readonly reasons: Uint16Array;
  /** Each reason once: lamps are switched for the same few again and again. */
  readonly sentences: readonly string[];
  /** The number of the first: the switches of a run are counted, so that one that is written again is known. */
  readonly first: number;
}

/** Ids by their numbers, with those that a parcel brings: another array when numbers stand for others than before. */
export function withIds(known: string[], { ids, firstId }: Parcel): string[] {
  const all = firstId === 0 ? [] : known;
  ids.forEach((id, index) => (all[firstId + index] = id));
  return all;
}

/** What is to be written together. Entries with the same index belong together. */
export interface Batch {
  /** Numbers of this run, by which it names ids. */
  readonly devices: Uint32Array;
  /** In ms since 1970. */
  readonly times: Float64Array;
  /** Light in quarters. */
  readonly lights: Uint16Array;
  /** `boot` and `seq` of each reading, NaN where it has none; not there when no reading has them. */
  readonly boots?: Float64Array;
  readonly seqs?: Float64Array;
  readonly switches: Switches;
}

/** A batch on its way, with the ids that were given numbers since the one before. */
export interface Parcel extends Batch {
  readonly ids: readonly string[];
  /** The number of the first of them; 0: from now on numbers stand for others than before. */
  readonly firstId: number;
}

/** Numbers of a point, as in `Bucket`: time, min, max, last, count. */
export const POINT = 5;

/** `HistoryAnswer` with `POINT` numbers for each point. */
export interface PackedAnswer extends Omit<HistoryAnswer, "points"> {
  readonly points: Float64Array;
}

/** A piece of an export; entries of `times` and `lights` with the same index belong together. */
export interface Page {
  readonly times: Float64Array;
  readonly lights: Float32Array;
  readonly switches: readonly HistorySwitch[];
  /** Where the next page begins. */
  readonly next: number;
}

export interface Range {
  readonly device: string;
  readonly from: number;
  readonly to: number;
}

/** What the thread can be asked: from what, to what. */
export interface Calls {
  /** Opens the database: "", or why that has to be tried again. Refused when it never will. */
  open(): string;
  /** The whole of it is written when it is answered, or nothing when it is refused. */
  write(parcel: Parcel): void;
  query(query: HistoryQuery): PackedAnswer;
  page(range: Range): Page;
  latest(devices: readonly string[]): (Latest | undefined)[];
  forget(device: string): void;
  retain(retention: Retention): void;
  /** Nothing may be asked after it. */
  close(): void;
}

export type CallName = keyof Calls;

export interface Request {
  readonly id: number;
  readonly call: CallName;
  readonly argument: unknown;
}

/** What the thread says: the answer to a call, why it could not be done, or something to be told: a problem, damage to the
 * file, or how far it is. */
export type Message =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly refused: string }
  | { readonly problem: string }
  | { readonly damage: string };
