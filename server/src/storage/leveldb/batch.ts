import { Cursor, readUint64At } from "./cursor.js";
import type { LevelEntry } from "./table.js";

/** Bytes before the entries: sequence number of the first entry (8) and number of entries (4). */
const BATCH_HEADER_BYTES = 12;

/**
 * Decodes a write batch, which is one record of a LevelDB log. Format: write_batch.cc of google/leveldb.
 * @throws RangeError when the record is not a valid batch
 */
export function decodeBatch(record: Buffer): LevelEntry[] {
  if (record.length < BATCH_HEADER_BYTES) throw new RangeError("the batch ends early");
  const cursor = new Cursor(record, BATCH_HEADER_BYTES);
  const entries: LevelEntry[] = [];
  for (let sequence = readUint64At(record, 0); !cursor.isAtEnd; sequence++) {
    const isPut = cursor.readByte() === 1;
    const key = cursor.readLengthPrefixed();
    entries.push({ key, sequence, value: isPut ? cursor.readLengthPrefixed() : undefined });
  }
  return entries;
}
