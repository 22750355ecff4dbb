/**
 * The format in which DeviceScript's runtime reads the configuration of a board or program (DCFG): values by key, which the
 * runtime finds by their hash. The layout is in inc/jd_dcfg.h of jacdac-c.
 */

/** The first eight bytes of a configuration. */
export const CONFIGURATION_MAGIC = Uint8Array.of(0x44, 0x43, 0x46, 0x47, 0x0a, 0x9b, 0xb4, 0xca);

/** Types of values, in the lower two bits of a field whose upper bits are the size of a text or of bytes. */
export const VALUE_TYPES = { unsigned: 0, signed: 1, string: 2, bytes: 3 } as const;

/** Maximum number of characters of a key. */
export const MAX_KEY_LENGTH = 15;

const LENGTH_OFFSET = 8;
const COUNT_OFFSET = 12;
/** Position of the index: the number of the first entry whose hash has at least this value in its upper bits. */
const INDEX_OFFSET = 24;
const INDEX_ENTRIES = 32;
const INDEX_SHIFT = 11;
const HEADER_SIZE = INDEX_OFFSET + 2 * INDEX_ENTRIES;
const KEY_SIZE = MAX_KEY_LENGTH + 1;
const ENTRY_SIZE = KEY_SIZE + 8;

/** A key and its value. */
export interface ConfigurationEntry {
  /** The key, of characters up to U+00FF. Keys of numbered values, such as pins, have a character above U+007F. */
  readonly key: string;
  readonly typeAndSize: number;
  /** The value itself if it is a number. Otherwise, `data` is the value. */
  readonly value: number;
  /** A text or bytes, as the configuration contains them. A text has a zero byte at its end. */
  readonly data?: Uint8Array;
}

/** Encodes a configuration. Its hashes in the header, bytes 16 to 23, are 0. */
export function writeConfiguration(entries: readonly ConfigurationEntry[]): Uint8Array<ArrayBuffer> {
  const contentOffset = HEADER_SIZE + (entries.length + 1) * ENTRY_SIZE;
  let end = contentOffset;
  const placed = entries.map((entry) => {
    const position = end;
    end += entry.data?.length ?? 0;
    return { ...entry, position, hash: hashOfKey(entry.key) };
  });
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  for (const { data, position } of placed) if (data) bytes.set(data, position);
  placed.sort((a, b) => a.hash - b.hash);
  placed.forEach(({ key, hash, typeAndSize, value, data, position }, i) => {
    const at = HEADER_SIZE + i * ENTRY_SIZE;
    bytes.set(bytesOfKey(key), at);
    view.setUint16(at + KEY_SIZE, hash, true);
    view.setUint16(at + KEY_SIZE + 2, typeAndSize, true);
    view.setUint32(at + KEY_SIZE + 4, data ? position : value, true);
  });
  // An entry with an empty key, whose other bits are all set, ends the table.
  bytes.fill(0xff, contentOffset - ENTRY_SIZE + 1, contentOffset);
  bytes.set(CONFIGURATION_MAGIC);
  view.setUint32(LENGTH_OFFSET, bytes.length, true);
  view.setUint16(COUNT_OFFSET, entries.length, true);
  for (let i = 0; i < INDEX_ENTRIES; i++) {
    const first = placed.findIndex(({ hash }) => hash >> INDEX_SHIFT >= i);
    view.setUint16(INDEX_OFFSET + 2 * i, first < 0 ? entries.length : first, true);
  }
  return bytes;
}

/** Decodes a configuration. @throws Error if the bytes are not a configuration */
export function readConfiguration(bytes: Uint8Array): ConfigurationEntry[] {
  if (!CONFIGURATION_MAGIC.every((byte, i) => bytes[i] === byte)) throw new Error("The program has no configuration.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: view.getUint16(COUNT_OFFSET, true) }, (_, i): ConfigurationEntry => {
    const at = HEADER_SIZE + i * ENTRY_SIZE;
    const key = String.fromCharCode(...bytes.subarray(at, at + KEY_SIZE)).replace(/\0.*/s, "");
    const typeAndSize = view.getUint16(at + KEY_SIZE + 2, true);
    const value = view.getUint32(at + KEY_SIZE + 4, true);
    const type = typeAndSize & 3;
    if (type !== VALUE_TYPES.string && type !== VALUE_TYPES.bytes) return { key, typeAndSize, value };
    const end = value + (typeAndSize >> 2) + (type === VALUE_TYPES.string ? 1 : 0);
    return { key, typeAndSize, value, data: bytes.subarray(value, end) };
  });
}

/** Returns the FNV-1a hash of 32 bits. */
export function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x1000193);
  return hash >>> 0;
}

/** Returns the 16-bit hash of a key: FNV-1a, folded. */
function hashOfKey(key: string): number {
  const hash = hashOf(bytesOfKey(key));
  return (hash >>> 16) ^ (hash & 0xffff);
}

const bytesOfKey = (key: string): Uint8Array => Uint8Array.from(key, (character) => character.charCodeAt(0));
