import { Cursor } from "./cursor.js";

/** Fields of a version edit: see version_edit.cc of google/leveldb. */
const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG = 9;

/** Which files a database consists of. */
export interface Version {
  /** Logs before this one are not needed any more; 0 when there has been none. */
  readonly log: number;
  readonly tables: ReadonlySet<number>;
}

/** @throws RangeError when a record is no version edit */
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
