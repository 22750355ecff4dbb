import type { UnreadableRange } from "../log-format.js";
import { findEnd, maskedCrc } from "./crc32c.js";

/** Block size of a log, in bytes; no physical record crosses a block boundary. Format: log_format.md of google/leveldb. */
const BLOCK_BYTES = 32_768;
/** Bytes before the data of a physical record: checksum of type and data (4), length of the data (2), type (1). */
const HEADER_BYTES = 7;
const LENGTH = 4;
const LENGTH_BYTES = 2;
const TYPE = 6;
const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** The readable records of a log, and the damaged ranges. */
export interface LevelLog {
  readonly records: readonly Buffer[];
  readonly unreadable: readonly UnreadableRange[];
}

/** Reads a log or manifest and skips damaged records. A record with a damaged length is found by its checksum. */
export function readLevelLog(file: Buffer): LevelLog {
  const records: Buffer[] = [];
  const unreadable: UnreadableRange[] = [];
  let parts: Buffer[] | undefined;
  let begun = 0;
  const lose = (at: number, length: number): void => {
    const last = unreadable.at(-1);
    if (last && last.at + last.length === at)
      unreadable[unreadable.length - 1] = { at: last.at, length: last.length + length };
    else unreadable.push({ at, length });
  };
  for (let at = 0; at < file.length;) {
    const block = Math.min(at - (at % BLOCK_BYTES) + BLOCK_BYTES, file.length);
    if (block - at < HEADER_BYTES && block % BLOCK_BYTES === 0) {
      at = block;
      continue;
    }
    const found = physicalRecordAt(file, at, block);
    if (found.isLengthDamaged) lose(at + LENGTH, LENGTH_BYTES);
    if (!found.data) {
      lose(at, found.end - at);
      parts = undefined;
    } else if (found.type === FULL || found.type === FIRST) {
      if (parts) lose(begun, at - begun);
      parts = undefined;
      if (found.type === FULL) records.push(found.data);
      else [parts, begun] = [[found.data], at];
    } else if (parts) {
      parts.push(found.data);
      if (found.type === LAST) {
        records.push(Buffer.concat(parts));
        parts = undefined;
      }
    } else lose(at, found.end - at);
    at = found.end;
  }
  if (parts) lose(begun, file.length - begun);
  return { records, unreadable };
}

/** A physical record: a whole record, or one fragment of it. */
interface PhysicalRecord {
  readonly end: number;
  readonly type: number;
  /** The data of the record; undefined for a damaged record. */
  readonly data?: Buffer;
  /** Whether the length in the header is wrong, so that LevelDB itself would drop the record and the rest of its block. */
  readonly isLengthDamaged?: boolean;
}

function physicalRecordAt(file: Buffer, at: number, block: number): PhysicalRecord {
  if (at + HEADER_BYTES > block) return { end: block, type: 0 };
  const type = file[at + TYPE];
  const whole = (end: number): PhysicalRecord => ({ end, type, data: file.subarray(at + HEADER_BYTES, end) });
  const end = endAt(file, at);
  if (isWhole(file, at, block)) return whole(end);
  const follows = end <= block && (block - end < HEADER_BYTES || isWhole(file, end, block));
  const stored = file.readUInt32LE(at);
  const known = type >= FULL && type <= LAST;
  // If a record follows at the stored end, the true end is there or earlier; otherwise search to the end of the block.
  const limit = follows ? end : block;
  const found = known ? findEnd(file, at + TYPE, 1, limit, (_end, masked) => masked === stored) : undefined;
  if (found !== undefined) return { ...whole(found), isLengthDamaged: true };
  return { end: follows && file.readUInt16LE(at + 4) + type > 0 ? end : block, type };
}

const endAt = (file: Buffer, at: number): number => at + HEADER_BYTES + file.readUInt16LE(at + 4);

function isWhole(file: Buffer, at: number, block: number): boolean {
  const type = file[at + TYPE];
  const end = endAt(file, at);
  return type >= FULL && type <= LAST && end <= block && maskedCrc(file, at + TYPE, end) === file.readUInt32LE(at);
}

export const FRAGMENTS = { FULL, FIRST, MIDDLE, LAST } as const;
