import type { HistoryQuery, LatestEntries, Retention } from "./history.js";
import type { PackedAnswer, HistoryPage, HistoryRange, WriteRequest } from "./protocol.js";

export interface EngineOptions {
  readonly retention: Retention;
  /** Called with a sentence for the log when writing fails. Called at most once a minute for the same problem. */
  onProblem(problem: string): void;
  /** Called with a sentence that says which file is damaged, where its copy is, and what may be missing. */
  onDamage?(problem: string): void;
}

/**
 * The interface that each database engine implements. Before a query, the caller must validate the query and complete
 * pending writes.
 */
export interface Engine {
  /** Name of the database in messages: the file path, or the host and database name without a password. */
  readonly name: string;
  /** Writes the whole batch, or rejects and writes nothing. After a rejection the caller repeats the request. */
  write(request: WriteRequest): Promise<void>;
  query(query: HistoryQuery): Promise<PackedAnswer>;
  readPage(range: HistoryRange): Promise<HistoryPage>;
  readLatest(devices: readonly string[]): Promise<(LatestEntries | undefined)[]>;
  forget(device: string): Promise<void>;
  retain(retention: Retention): Promise<void>;
  close(): Promise<void>;
}
