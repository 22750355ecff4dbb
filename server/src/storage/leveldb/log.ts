import type { UnreadableRange } from "../log-format.js";
import { findEndByChecksum, computeMaskedCrc } from "./crc32c.js";

/** Block size of a log, in bytes; no physical record crosses a block boundary. Format: log_format.md of google/leveldb. */
const BLOCK_BYTES = 32_768;
/** Bytes before the data of a physical record: checksum of type and data (4), length of the data (2), type (1). */
const RECORD_HEADER_BYTES = 7;
const LENGTH_OFFSET = 4;
const LENGTH_BYTES = 2;
const TYPE_OFFSET = 6;
const FULL_TYPE = 1;
const FIRST_TYPE = 2;
const MIDDLE_TYPE = 3;
const LAST_TYPE = 4;

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
  const addUnreadableRange = (at: number, length: number): void => {
    const last = unreadable.at(-1);
    if (last && last.at + last.length === at)
      unreadable[unreadable.length - 1] = { at: last.at, length: last.length + length };
    else unreadable.push({ at, length });
  };
  for (let at = 0; at < file.length;) {
    const block = Math.min(at - (at % BLOCK_BYTES) + BLOCK_BYTES, file.length);
    if (block - at < RECORD_HEADER_BYTES && block % BLOCK_BYTES === 0) {
      at = block;
      continue;
    }
    const found = readPhysicalRecord(file, at, block);
    if (found.isLengthDamaged) addUnreadableRange(at + LENGTH_OFFSET, LENGTH_BYTES);
    if (!found.data) {
      addUnreadableRange(at, found.end - at);
      parts = undefined;
    } else if (found.type === FULL_TYPE || found.type === FIRST_TYPE) {
      if (parts) addUnreadableRange(begun, at - begun);
      parts = undefined;
      if (found.type === FULL_TYPE) records.push(found.data);
      else [parts, begun] = [[found.data], at];
    } else if (parts) {
      parts.push(found.data);
      if (found.type === LAST_TYPE) {
        records.push(Buffer.concat(parts));
        parts = undefined;
      }
    } else addUnreadableRange(at, found.end - at);
    at = found.end;
  }
  if (parts) addUnreadableRange(begun, file.length - begun);
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

function readPhysicalRecord(file: Buffer, at: number, block: number): PhysicalRecord {
  if (at + RECORD_HEADER_BYTES > block) return { end: block, type: 0 };
  const type = file[at + TYPE_OFFSET];
  const createIntactRecord = (end: number): PhysicalRecord => ({
    end,
    type,
    data: file.subarray(at + RECORD_HEADER_BYTES, end),
  });
  const end = recordEndAt(file, at);
  if (isIntactRecord(file, at, block)) return createIntactRecord(end);
  const follows = end <= block && (block - end < RECORD_HEADER_BYTES || isIntactRecord(file, end, block));
  const stored = file.readUInt32LE(at);
  const known = type >= FULL_TYPE && type <= LAST_TYPE;
  // If a record follows at the stored end, the true end is there or earlier; otherwise search to the end of the block.
  const limit = follows ? end : block;
  const found = known
    ? findEndByChecksum(file, at + TYPE_OFFSET, 1, limit, (_end, masked) => masked === stored)
    : undefined;
  if (found !== undefined) return { ...createIntactRecord(found), isLengthDamaged: true };
  return { end: follows && file.readUInt16LE(at + 4) + type > 0 ? end : block, type };
}

const recordEndAt = (file: Buffer, at: number): number => at + RECORD_HEADER_BYTES + file.readUInt16LE(at + 4);

function isIntactRecord(file: Buffer, at: number, block: number): boolean {
  const type = file[at + TYPE_OFFSET];
  const end = recordEndAt(file, at);
  return (
    type >= FULL_TYPE &&
    type <= LAST_TYPE &&
    end <= block &&
    computeMaskedCrc(file, at + TYPE_OFFSET, end) === file.readUInt32LE(at)
  );
}

export const RECORD_TYPES = { FULL: FULL_TYPE, FIRST: FIRST_TYPE, MIDDLE: MIDDLE_TYPE, LAST: LAST_TYPE } as const;
