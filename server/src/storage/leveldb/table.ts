import type { Gap } from "../log-format.js";
import { findEnd, maskedCrc } from "./crc32c.js";
import { Cursor, sequenceAt } from "./cursor.js";
import { decompress } from "./snappy.js";

/** See table_format.md of google/leveldb: two block handles, filled up, and a magic number. */
const FOOTER = 48;
const MAGIC = Buffer.from("57fb808b247547db", "hex");
/** Behind a block: how it is compressed, and the checksum of both. */
const TRAILER = 5;
const SNAPPY = 1;
/** Behind a key: sequence number, and whether it was put or deleted. */
const INTERNAL = 8;

/** What was written to a key. */
export interface Entry {
  readonly key: Buffer;
  /** Higher for what was written later. */
  readonly sequence: number;
  /** Undefined when it was deleted. */
  readonly value: Buffer | undefined;
}

export interface LevelTable {
  /** Decodes the entries of all blocks that are whole. */
  entries(): Entry[];
  readonly gaps: readonly Gap[];
  /** For each part with entries that cannot be read: whether any of those may have a key with this prefix. */
  readonly lost: readonly ((prefix: string) => boolean)[];
}

interface Handle {
  readonly at: number;
  readonly length: number;
}

/** Reads a table: each block whose checksum is right. Where the index is damaged, the blocks are found by their checksums. */
export function readTable(file: Buffer): LevelTable {
  const gaps: Gap[] = [];
  const footerAt = Math.max(0, file.length - FOOTER);
  const footer = footerOf(file, footerAt);
  if (!footer) gaps.push({ at: footerAt, length: file.length - footerAt });
  const isWhole = (handle: Handle): boolean => {
    if (checksumFits(file, handle)) return true;
    gaps.push({ at: handle.at, length: handle.length + TRAILER });
    return false;
  };
  const partsOf = (handle: Handle | undefined): Part[] | undefined =>
    handle && isWhole(handle) ? partsIn(contentOf(file, handle)) : undefined;
  // the filter, which tells which keys need not be looked for
  partsOf(footer?.meta)?.forEach(({ handle }) => isWhole(handle));
  let parts = partsOf(footer?.index);
  const lost: LevelTable["lost"][number][] = [];
  if (!parts) {
    const end = footer?.meta.at ?? footerAt;
    const found = findBlocks(file, end, footer !== undefined);
    if (found.end < end) {
      gaps.push({ at: found.end, length: end - found.end });
      lost.push(() => true);
    }
    parts = found.handles.map((handle) => ({ handle, mayHave: () => true }));
  }
  const whole: Handle[] = [];
  for (const { handle, mayHave } of parts) {
    if (isWhole(handle)) whole.push(handle);
    else lost.push(mayHave);
  }
  return {
    lost,
    gaps,
    entries: () => whole.flatMap((handle) => entriesIn(contentOf(file, handle))),
  };
}

function footerOf(file: Buffer, at: number): { readonly meta: Handle; readonly index: Handle } | undefined {
  if (file.length < FOOTER || !file.subarray(-MAGIC.length).equals(MAGIC)) return undefined;
  const cursor = new Cursor(file, at, at + FOOTER - MAGIC.length);
  try {
    const [meta, index] = [handleIn(cursor), handleIn(cursor)];
    const isInPlace = meta.at + meta.length + TRAILER === index.at && index.at + index.length + TRAILER === at;
    const isFilled = file.subarray(cursor.at, at + FOOTER - MAGIC.length).every((byte) => byte === 0);
    return isInPlace && isFilled ? { meta, index } : undefined;
  } catch {
    return undefined;
  }
}

interface Part {
  readonly handle: Handle;
  /** Whether its keys may have this prefix. */
  mayHave(prefix: string): boolean;
}

/** The parts that an index names, each with a key that none of its keys exceeds. */
function partsIn(index: Buffer): Part[] {
  let before = "";
  return pairsIn(index).map(([key, value]) => {
    const [from, to] = [before, key.subarray(0, -INTERNAL).toString("latin1")];
    before = to;
    return { handle: handleIn(new Cursor(value)), mayHave: (prefix) => prefix <= to && `${prefix}\xff` > from };
  });
}

const handleIn = (cursor: Cursor): Handle => ({ at: cursor.varint(), length: cursor.varint() });

/** The blocks before `end`, one after the other. @param all whether all of them are of interest; otherwise the last is the index */
function findBlocks(file: Buffer, end: number, all: boolean): { readonly handles: Handle[]; readonly end: number } {
  const handles: Handle[] = [];
  let at = 0;
  while (at < end) {
    const next = findEnd(file, at, 1, end - 4, (next, masked) => file.readUInt32LE(next) === masked);
    if (next === undefined) break;
    handles.push({ at, length: next - at - 1 });
    at = next + 4;
  }
  if (at >= end && !all) handles.pop();
  return { handles, end: at };
}

function checksumFits(file: Buffer, { at, length }: Handle): boolean {
  const end = at + length + 1;
  return end + 4 <= file.length && maskedCrc(file, at, end) === file.readUInt32LE(end);
}

function contentOf(file: Buffer, { at, length }: Handle): Buffer {
  const content = file.subarray(at, at + length);
  return file[at + length] === SNAPPY ? decompress(content) : content;
}

/** Keys and values of a block. A key has the beginning of the one before it in common with that. */
function pairsIn(content: Buffer): [key: Buffer, value: Buffer][] {
  const end = content.length - 4 - 4 * content.readUInt32LE(content.length - 4);
  const cursor = new Cursor(content, 0, end);
  const pairs: [Buffer, Buffer][] = [];
  let key = Buffer.alloc(0);
  while (!cursor.done) {
    const [shared, rest, length] = [cursor.varint(), cursor.varint(), cursor.varint()];
    key = Buffer.concat([key.subarray(0, shared), cursor.bytes(rest)]);
    pairs.push([key, cursor.bytes(length)]);
  }
  return pairs;
}

function entriesIn(content: Buffer): Entry[] {
  try {
    return pairsIn(content).map(([key, value]) => entryOf(key, value));
  } catch {
    // a filter, which is met where the index is damaged
    return [];
  }
}

function entryOf(key: Buffer, value: Buffer): Entry {
  const at = key.length - INTERNAL;
  const type = key[at];
  if (at < 0 || type > 1) throw new RangeError("not the key of an entry");
  const sequence = Math.floor(sequenceAt(key, at) / 256);
  return { key: key.subarray(0, at), sequence, value: type === 1 ? value : undefined };
}
