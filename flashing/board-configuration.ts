/**
 * Encodes a board's file as the configuration in which DeviceScript's runtime finds its pins and services. The result is that
 * of DeviceScript's compiler/src/dcfg.ts, and a test compares it with DeviceScript's own command.
 */

import {
  hashOf,
  MAX_KEY_LENGTH,
  VALUE_TYPES,
  writeConfiguration,
  type ConfigurationEntry,
} from "./configuration-format.js";

type Value = string | number | Uint8Array;

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
function encode(values: ReadonlyMap<string, Value>): Uint8Array<ArrayBuffer> {
  return writeConfiguration(Array.from(values, ([key, value]) => toEntry(key, value)));
}

function toEntry(key: string, value: Value): ConfigurationEntry {
  if (key.length > MAX_KEY_LENGTH) throw new Error(`The key ${key} of the board's file is longer than ${MAX_KEY_LENGTH} characters.`); // prettier-ignore
  if (typeof value === "number") {
    const typeAndSize = (value | 0) === value ? VALUE_TYPES.signed : VALUE_TYPES.unsigned;
    if (typeAndSize === VALUE_TYPES.unsigned && value >>> 0 !== value) throw new Error(`The number ${value} of ${key} in the board's file is too large.`); // prettier-ignore
    return { key, typeAndSize, value: value >>> 0 };
  }
  const isText = typeof value === "string";
  const content = isText ? new TextEncoder().encode(value) : value;
  const typeAndSize = (isText ? VALUE_TYPES.string : VALUE_TYPES.bytes) | (content.length << 2);
  return { key, typeAndSize, value: 0, data: Uint8Array.of(...content, 0) };
}
