/**
 * Changes the configuration of a compiled program: values by key, such as pins and the program's version. The runtime finds
 * a key by its hash. The layout is in inc/jd_dcfg.h of jacdac-c.
 */

const MAGIC = Buffer.from("444346470a9bb4ca", "hex");
const TOTAL_LENGTH = 8;
const ENTRY_COUNT = 12;
/** Position of the jump table: the index of the first entry whose hash has at least this value in its upper bits. */
const JUMP_TABLE = 24;
const JUMP_BITS = 5;
const ENTRIES = JUMP_TABLE + 2 * (1 << JUMP_BITS);

const KEY_LENGTH = 16;
const ENTRY_LENGTH = KEY_LENGTH + 8;
/** Types of values, in the lower two bits of a field whose upper bits are the size. */
const TYPE = { string: 2, bytes: 3 } as const;

interface Entry {
  /** The key. Keys of numbered values, such as pins, begin with a byte that is not ASCII. */
  readonly key: string;
  readonly typeAndSize: number;
  /** The value itself if it is a number. Otherwise, `data` is the value. */
  readonly value: number;
  /** A text has a zero byte at its end. */
  readonly data?: Buffer;
}

/** Returns the text of a key; undefined when the configuration has no such text. */
export function readText(configuration: Buffer, key: string): string | undefined {
  const entry = readEntries(configuration).find((e) => e.key === key && (e.typeAndSize & 3) === TYPE.string);
  return entry?.data?.toString("utf8", 0, entry.data.length - 1);
}

/**
 * Returns a configuration in which a key has this text.
 * @throws Error when the bytes are not a configuration
 */
export function withText(configuration: Buffer, key: string, text: string): Buffer {
  const data = Buffer.from(`${text}\0`);
  const entries = readEntries(configuration).filter((entry) => entry.key !== key);
  entries.push({ key, typeAndSize: ((data.length - 1) << 2) | TYPE.string, value: 0, data });
  entries.sort((a, b) => hashOf(a.key) - hashOf(b.key));
  const header = Buffer.from(configuration.subarray(0, ENTRIES));
  for (let i = 0; i < 1 << JUMP_BITS; i++) {
    const first = entries.findIndex(({ key: other }) => hashOf(other) >> (16 - JUMP_BITS) >= i);
    header.writeUInt16LE(first < 0 ? entries.length : first, JUMP_TABLE + 2 * i);
  }
  // an entry with an empty key, whose other bits are all set, ends the table
  const table = Buffer.alloc((entries.length + 1) * ENTRY_LENGTH);
  table.fill(0xff, entries.length * ENTRY_LENGTH + 1);
  const values: Buffer[] = [];
  let end = ENTRIES + table.length;
  for (const [i, entry] of entries.entries()) {
    const at = i * ENTRY_LENGTH;
    table.write(entry.key, at, "latin1");
    table.writeUInt16LE(hashOf(entry.key), at + KEY_LENGTH);
    table.writeUInt16LE(entry.typeAndSize, at + KEY_LENGTH + 2);
    table.writeUInt32LE(entry.data ? end : entry.value, at + KEY_LENGTH + 4);
    if (entry.data) values.push(entry.data);
    end += entry.data?.length ?? 0;
  }
  header.writeUInt32LE(end, TOTAL_LENGTH);
  header.writeUInt16LE(entries.length, ENTRY_COUNT);
  return Buffer.concat([header, table, ...values]);
}

function readEntries(configuration: Buffer): Entry[] {
  if (!configuration.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error("The program has no configuration.");
  return Array.from({ length: configuration.readUInt16LE(ENTRY_COUNT) }, (_, i): Entry => {
    const at = ENTRIES + i * ENTRY_LENGTH;
    const key = configuration.toString("latin1", at, at + KEY_LENGTH).replace(/\0.*/s, "");
    const typeAndSize = configuration.readUInt16LE(at + KEY_LENGTH + 2);
    const value = configuration.readUInt32LE(at + KEY_LENGTH + 4);
    const type = typeAndSize & 3;
    if (type !== TYPE.string && type !== TYPE.bytes) return { key, typeAndSize, value };
    const end = value + (typeAndSize >> 2) + (type === TYPE.string ? 1 : 0);
    return { key, typeAndSize, value, data: configuration.subarray(value, end) };
  });
}

/** Returns the 16-bit hash of a key: FNV-1a of 32 bits, folded. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key, "latin1")) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash ^ (hash >>> 16)) & 0xffff;
}
