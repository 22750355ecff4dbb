import { Cursor } from "./cursor.js";

/** Tags that identify the fields of a version edit. Format: version_edit.cc of google/leveldb. */
const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG = 9;

/** The files that belong to a database. */
export interface Version {
  /** Number of the oldest log that is still needed; 0 for a new database. */
  readonly log: number;
  readonly tables: ReadonlySet<number>;
}

/** Replays the version edits of a manifest. @throws RangeError when a record is not a version edit */
export function versionOf(records: readonly Buffer[]): Version {
  let log = 0;
  const tables = new Set<number>();
  for (const record of records) {
    const cursor = new Cursor(record);
    while (!cursor.done) {
      switch (cursor.varint()) {
        case COMPARATOR:
          cursor.slice();
          break;
        case LOG_NUMBER:
          log = cursor.varint();
          break;
        case NEXT_FILE:
        case LAST_SEQUENCE:
        case PREVIOUS_LOG:
          cursor.varint();
          break;
        case COMPACT_POINTER:
          cursor.varint();
          cursor.slice();
          break;
        case DELETED_FILE:
          cursor.varint();
          tables.delete(cursor.varint());
          break;
        case NEW_FILE:
          cursor.varint();
          tables.add(cursor.varint());
          cursor.varint();
          cursor.slice();
          cursor.slice();
          break;
        default:
          throw new RangeError("an unknown field");
      }
    }
  }
  return { log, tables };
}
