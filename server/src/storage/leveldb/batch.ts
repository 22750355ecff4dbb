import { Cursor, sequenceAt } from "./cursor.js";
import type { LevelEntry } from "./table.js";

/** Bytes before the entries: sequence number of the first entry (8) and number of entries (4). */
const HEADER_BYTES = 12;

/**
 * Decodes a write batch, which is one record of a LevelDB log. Format: write_batch.cc of google/leveldb.
 * @throws RangeError when the record is not a valid batch
 */
export function entriesOf(record: Buffer): LevelEntry[] {
  if (record.length < HEADER_BYTES) throw new RangeError("the batch ends early");
  const cursor = new Cursor(record, HEADER_BYTES);
  const entries: LevelEntry[] = [];
  for (let sequence = sequenceAt(record, 0); !cursor.done; sequence++) {
    const isPut = cursor.byte() === 1;
    const key = cursor.slice();
    entries.push({ key, sequence, value: isPut ? cursor.slice() : undefined });
  }
  return entries;
}
