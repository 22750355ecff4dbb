import { Cursor, sequenceAt } from "./cursor.js";
import type { Entry } from "./table.js";

/** Sequence number of the first entry, and how many there are. */
const HEADER = 12;

/**
 * The entries of a batch, which is a record of a log: see write_batch.cc of google/leveldb.
 * @throws RangeError when it is none
 */
export function entriesOf(record: Buffer): Entry[] {
  if (record.length < HEADER) throw new RangeError("the batch ends early");
  const cursor = new Cursor(record, HEADER);
  const entries: Entry[] = [];
  for (let sequence = sequenceAt(record, 0); !cursor.done; sequence++) {
    const isPut = cursor.byte() === 1;
    const key = cursor.slice();
    entries.push({ key, sequence, value: isPut ? cursor.slice() : undefined });
  }
  return entries;
}
