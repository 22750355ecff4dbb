/**
 * Encodes a board's file in the format in which DeviceScript's runtime reads its pins and services (DCFG). The format is that
 * of DeviceScript's compiler/src/dcfg.ts, and a test compares the result with DeviceScript's own command.
 */

/** The first eight bytes of a configuration. */
export const CONFIGURATION_MAGIC = Uint8Array.of(0x44, 0x43, 0x46, 0x47, 0x0a, 0x9b, 0xb4, 0xca);

type Value = string | number | Uint8Array;

const MAX_KEY_LENGTH = 15;
const HASH_OFFSET = 16;
const ENTRY_SIZE = 24;
/** Number of entries of the index at the beginning, which finds keys by the highest bits of their hash. */
const INDEX_ENTRIES = 32;
const INDEX_OFFSET = 24;
const INDEX_SHIFT = 11;
const HEADER_SIZE = INDEX_OFFSET + 2 * INDEX_ENTRIES;
const VALUE_TYPES = { signed: 1, unsigned: 0, string: 2, bytes: 3 } as const;
/** Character code that marks an item of a list in a key; its index is added. */
const LIST_ITEM = 0x80;

/**
 * Encodes the configuration of a board.
 * @param board the board's file, with the fields `id` and `archId`
 * @throws Error if the file has a key or a value that the format cannot express
 */
export function encodeConfiguration(board: object): Uint8Array {
  const values = new Map<string, Value>();
  collectValues(board, "", values);
  const encoded = encode(values);
  const view = new DataView(encoded.buffer);
  const identifying = encode(new Map([...values].filter(([key]) => !key.startsWith("@"))));
  view.setUint32(16, hashOf(identifying), true);
  view.setUint32(20, hashOf(identifying.subarray(4)), true);
  return encoded;
}

/** Flattens an object: `{ led: { pin: 8 } }` has the value 8 with the key `led.pin`. */
function collectValues(value: unknown, key: string, into: Map<string, Value>): void {
  if (typeof value === "boolean") into.set(key, value ? 1 : 0);
  else if (typeof value === "number") into.set(key, value);
  else if (typeof value === "string") into.set(key, parseText(value));
  else if (Array.isArray(value))
    value.forEach((item: unknown, i) => item == null || collectValues(item, key + String.fromCharCode(LIST_ITEM + i), into)); // prettier-ignore
  else if (typeof value === "object" && value)
    for (const [name, member] of Object.entries(value)) {
      if (name.startsWith("$") || name.startsWith("#")) continue;
      const part = !key && name === "services" ? "" : name;
      const isNested = key && part && key.charCodeAt(key.length - 1) < LIST_ITEM;
      collectValues(member, key + (isNested ? "." : "") + part, into);
    }
  else throw new Error(`The board's file has no value for ${key}.`);
}

/** Parses text that contains a number or bytes, such as `0x3a7c1e01` or `hex:01 ff`. */
function parseText(text: string): Value {
  const digits = text.replaceAll("_", "");
  if (/^(\d+|0x[0-9a-f]+|0o[0-7]+)$/i.test(digits)) return Number(digits);
  if (!/^hex:[0-9a-f ]+$/.test(text)) return text;
  return Uint8Array.from(text.slice(4).match(/[0-9a-f]{2}/g) ?? [], (byte) => parseInt(byte, 16));
}

/** Encodes values without the hash of the whole configuration. */
function encode(values: ReadonlyMap<string, Value>): Uint8Array {
  const contents: number[] = [];
  const contentOffset = HEADER_SIZE + (values.size + 1) * ENTRY_SIZE;
  const entries = [...values].map(([key, value]) => encodeEntry(key, value, contentOffset, contents));
  entries.sort((a, b) => hashOfEntry(a) - hashOfEntry(b));
  const end = new Uint8Array(ENTRY_SIZE).fill(0xff, 1);
  entries.push(end);
  const bytes = new Uint8Array(contentOffset + contents.length);
  const view = new DataView(bytes.buffer);
  bytes.set(CONFIGURATION_MAGIC);
  view.setUint32(8, bytes.length, true);
  view.setUint16(12, values.size, true);
  for (let i = 0; i < INDEX_ENTRIES; i++)
    view.setUint16(INDEX_OFFSET + 2 * i, entries.findIndex((entry) => hashOfEntry(entry) >> INDEX_SHIFT >= i), true); // prettier-ignore
  entries.forEach((entry, i) => bytes.set(entry, HEADER_SIZE + i * ENTRY_SIZE));
  bytes.set(contents, contentOffset);
  return bytes;
}

/** Encodes a key and its value. Appends text and bytes to `contents`. */
function encodeEntry(key: string, value: Value, contentOffset: number, contents: number[]): Uint8Array {
  const name = Uint8Array.from(key, (character) => character.charCodeAt(0));
  if (name.length > MAX_KEY_LENGTH) throw new Error(`The key ${key} of the board's file is longer than ${MAX_KEY_LENGTH} characters.`); // prettier-ignore
  const entry = new Uint8Array(ENTRY_SIZE);
  entry.set(name);
  const view = new DataView(entry.buffer);
  const hash = hashOf(name);
  view.setUint16(HASH_OFFSET, (hash >>> 16) ^ (hash & 0xffff), true);
  if (typeof value === "number") {
    const type = (value | 0) === value ? VALUE_TYPES.signed : VALUE_TYPES.unsigned;
    if (type === VALUE_TYPES.unsigned && value >>> 0 !== value) throw new Error(`The number ${value} of ${key} in the board's file is too large.`); // prettier-ignore
    view.setUint16(HASH_OFFSET + 2, type, true);
    view.setUint32(HASH_OFFSET + 4, value >>> 0, true);
    return entry;
  }
  const isText = typeof value === "string";
  const content = isText ? new TextEncoder().encode(value) : value;
  view.setUint16(HASH_OFFSET + 2, (isText ? VALUE_TYPES.string : VALUE_TYPES.bytes) | (content.length << 2), true);
  view.setUint32(HASH_OFFSET + 4, contentOffset + contents.length, true);
  contents.push(...content, 0);
  return entry;
}

const hashOfEntry = (entry: Uint8Array): number => entry[HASH_OFFSET] | (entry[HASH_OFFSET + 1] << 8);

/** Returns the FNV-1a hash. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x1000193);
  return hash >>> 0;
}
