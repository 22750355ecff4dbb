import { Cursor } from "./cursor.js";

/** Tags that identify the fields of a version edit. Format: version_edit.cc of google/leveldb. */
const COMPARATOR_TAG = 1;
const LOG_NUMBER_TAG = 2;
const NEXT_FILE_TAG = 3;
const LAST_SEQUENCE_TAG = 4;
const COMPACT_POINTER_TAG = 5;
const DELETED_FILE_TAG = 6;
const NEW_FILE_TAG = 7;
const PREVIOUS_LOG_TAG = 9;

/** The files that belong to a database. */
export interface DatabaseFiles {
  /** Number of the oldest log that is still needed; 0 for a new database. */
  readonly log: number;
  readonly tables: ReadonlySet<number>;
}

/** Replays the version edits of a manifest. @throws RangeError when a record is not a version edit */
export function replayVersionEdits(records: readonly Buffer[]): DatabaseFiles {
  let log = 0;
  const tables = new Set<number>();
  for (const record of records) {
    const cursor = new Cursor(record);
    while (!cursor.isAtEnd) {
      switch (cursor.readVarint()) {
        case COMPARATOR_TAG:
          cursor.readLengthPrefixed();
          break;
        case LOG_NUMBER_TAG:
          log = cursor.readVarint();
          break;
        case NEXT_FILE_TAG:
        case LAST_SEQUENCE_TAG:
        case PREVIOUS_LOG_TAG:
          cursor.readVarint();
          break;
        case COMPACT_POINTER_TAG:
          cursor.readVarint();
          cursor.readLengthPrefixed();
          break;
        case DELETED_FILE_TAG:
          cursor.readVarint();
          tables.delete(cursor.readVarint());
          break;
        case NEW_FILE_TAG:
          cursor.readVarint();
          tables.add(cursor.readVarint());
          cursor.readVarint();
          cursor.readLengthPrefixed();
          cursor.readLengthPrefixed();
          break;
        default:
          throw new RangeError("an unknown field");
      }
    }
  }
  return { log, tables };
}
