import type { UnreadableRange } from "../log-format.js";
import { findEndByChecksum, computeMaskedCrc } from "./crc32c.js";
import { Cursor, readUint64At } from "./cursor.js";
import { decompressSnappy } from "./snappy.js";

/**
 * Size of a table's footer in bytes. The footer contains two padded block handles and a magic number. Format:
 * table_format.md of google/leveldb.
 */
const FOOTER_BYTES = 48;
const TABLE_MAGIC = Buffer.from("57fb808b247547db", "hex");
/** Bytes after a block: compression type (1), and checksum of block and type (4). */
const BLOCK_TRAILER_BYTES = 5;
const SNAPPY_COMPRESSION = 1;
/** Bytes at the end of an internal key: sequence number (7) and type, put or deleted (1). */
const KEY_SUFFIX_BYTES = 8;

/** One write to a key: a put or a deletion. */
export interface LevelEntry {
  readonly key: Buffer;
  /** Sequence number; later writes have higher numbers. */
  readonly sequence: number;
  /** The value that was put; undefined for a deletion. */
  readonly value: Buffer | undefined;
}

/** The readable entries of a table file, and the damaged ranges. */
export interface LevelTable {
  /** Decodes the entries of all intact blocks. */
  entries(): LevelEntry[];
  readonly unreadable: readonly UnreadableRange[];
  /** A predicate for each unreadable part: returns whether the part may contain keys with a prefix. */
  readonly mayHaveLost: readonly ((prefix: string) => boolean)[];
}

/** A block handle: offset and length of a block. */
interface BlockHandle {
  readonly at: number;
  readonly length: number;
}

/** Reads all blocks of a table that have a valid checksum. If the index is damaged, finds the blocks by their checksums. */
export function readTable(file: Buffer): LevelTable {
  const unreadable: UnreadableRange[] = [];
  const footerAt = Math.max(0, file.length - FOOTER_BYTES);
  const footer = readFooter(file, footerAt);
  if (!footer) unreadable.push({ at: footerAt, length: file.length - footerAt });
  const checkBlock = (handle: BlockHandle): boolean => {
    if (hasValidChecksum(file, handle)) return true;
    unreadable.push({ at: handle.at, length: handle.length + BLOCK_TRAILER_BYTES });
    return false;
  };
  const readIndex = (handle: BlockHandle | undefined): DataBlock[] | undefined =>
    handle && checkBlock(handle) ? decodeIndex(readBlockContent(file, handle)) : undefined;
  // check the filter block, which the meta index lists: its damage is reported, but no loss, because it contains no
  // entries
  readIndex(footer?.meta)?.forEach(({ handle }) => checkBlock(handle));
  let blocks = readIndex(footer?.index);
  const mayHaveLost: LevelTable["mayHaveLost"][number][] = [];
  if (!blocks) {
    const end = footer?.meta.at ?? footerAt;
    const found = findBlocks(file, end, footer !== undefined);
    if (found.end < end) {
      unreadable.push({ at: found.end, length: end - found.end });
      mayHaveLost.push(() => true);
    }
    blocks = found.handles.map((handle) => ({ handle, mayContain: () => true }));
  }
  const whole: BlockHandle[] = [];
  for (const { handle, mayContain } of blocks) {
    if (checkBlock(handle)) whole.push(handle);
    else mayHaveLost.push(mayContain);
  }
  return {
    mayHaveLost,
    unreadable,
    entries: () => whole.flatMap((handle) => decodeEntries(readBlockContent(file, handle))),
  };
}

function readFooter(file: Buffer, at: number): { readonly meta: BlockHandle; readonly index: BlockHandle } | undefined {
  if (file.length < FOOTER_BYTES || !file.subarray(-TABLE_MAGIC.length).equals(TABLE_MAGIC)) return undefined;
  const cursor = new Cursor(file, at, at + FOOTER_BYTES - TABLE_MAGIC.length);
  try {
    const [meta, index] = [readHandle(cursor), readHandle(cursor)];
    const isInPlace =
      meta.at + meta.length + BLOCK_TRAILER_BYTES === index.at && index.at + index.length + BLOCK_TRAILER_BYTES === at;
    const isFilled = file.subarray(cursor.offset, at + FOOTER_BYTES - TABLE_MAGIC.length).every((byte) => byte === 0);
    return isInPlace && isFilled ? { meta, index } : undefined;
  } catch {
    return undefined;
  }
}

/** A data block, as listed in the index. */
interface DataBlock {
  readonly handle: BlockHandle;
  /** Returns whether a key in the block may have this prefix. */
  mayContain(prefix: string): boolean;
}

/** Decodes the index, which has an upper bound of the keys for each data block. */
function decodeIndex(index: Buffer): DataBlock[] {
  let before = "";
  return decodePairs(index).map(([key, value]) => {
    const [from, to] = [before, key.subarray(0, -KEY_SUFFIX_BYTES).toString("latin1")];
    before = to;
    return { handle: readHandle(new Cursor(value)), mayContain: (prefix) => prefix <= to && `${prefix}\xff` > from };
  });
}

const readHandle = (cursor: Cursor): BlockHandle => ({ at: cursor.readVarint(), length: cursor.readVarint() });

/**
 * Finds consecutive blocks before `end` by their checksums.
 * @param all whether to return all blocks; if false, the last block is left out, because it is the index
 */
function findBlocks(
  file: Buffer,
  end: number,
  all: boolean,
): { readonly handles: BlockHandle[]; readonly end: number } {
  const handles: BlockHandle[] = [];
  let at = 0;
  while (at < end) {
    const next = findEndByChecksum(file, at, 1, end - 4, (next, masked) => file.readUInt32LE(next) === masked);
    if (next === undefined) break;
    handles.push({ at, length: next - at - 1 });
    at = next + 4;
  }
  if (at >= end && !all) handles.pop();
  return { handles, end: at };
}

function hasValidChecksum(file: Buffer, { at, length }: BlockHandle): boolean {
  const end = at + length + 1;
  return end + 4 <= file.length && computeMaskedCrc(file, at, end) === file.readUInt32LE(end);
}

function readBlockContent(file: Buffer, { at, length }: BlockHandle): Buffer {
  const content = file.subarray(at, at + length);
  return file[at + length] === SNAPPY_COMPRESSION ? decompressSnappy(content) : content;
}

/** Decodes the keys and values of a block. Keys are prefix-compressed: each key shares a prefix with the previous key. */
function decodePairs(content: Buffer): [key: Buffer, value: Buffer][] {
  const end = content.length - 4 - 4 * content.readUInt32LE(content.length - 4);
  const cursor = new Cursor(content, 0, end);
  const pairs: [Buffer, Buffer][] = [];
  let key = Buffer.alloc(0);
  while (!cursor.isAtEnd) {
    const [shared, rest, length] = [cursor.readVarint(), cursor.readVarint(), cursor.readVarint()];
    key = Buffer.concat([key.subarray(0, shared), cursor.readBytes(rest)]);
    pairs.push([key, cursor.readBytes(length)]);
  }
  return pairs;
}

function decodeEntries(content: Buffer): LevelEntry[] {
  try {
    return decodePairs(content).map(([key, value]) => decodeEntry(key, value));
  } catch {
    // ignore the block: if the index is damaged, `findBlocks` also finds the filter block, which contains no entries
    return [];
  }
}

function decodeEntry(key: Buffer, value: Buffer): LevelEntry {
  const at = key.length - KEY_SUFFIX_BYTES;
  const type = key[at];
  if (at < 0 || type > 1) throw new RangeError("not the key of an entry");
  const sequence = Math.floor(readUint64At(key, at) / 256);
  return { key: key.subarray(0, at), sequence, value: type === 1 ? value : undefined };
}
