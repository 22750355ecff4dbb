/** Changes the configuration of a compiled program: values by key, such as pins and the program's version. */
import { readConfiguration, VALUE_TYPES, writeConfiguration } from "../../flashing/configuration-format.js";

/** Position of the hashes of the configuration, and their length, in bytes. */
const HASHES_OFFSET = 16;
const HASHES_LENGTH = 8;

/** Returns the text of a key; undefined when the configuration has no such text. */
export function readText(configuration: Buffer, key: string): string | undefined {
  const isText = (typeAndSize: number): boolean => (typeAndSize & 3) === VALUE_TYPES.string;
  const entry = readConfiguration(configuration).find((e) => e.key === key && isText(e.typeAndSize));
  return entry?.data && Buffer.from(entry.data.subarray(0, -1)).toString("utf8");
}

/**
 * Returns a configuration in which a key has this text.
 * @throws Error when the bytes are not a configuration
 */
export function withText(configuration: Buffer, key: string, text: string): Buffer {
  const data = Buffer.from(`${text}\0`);
  const changed = { key, typeAndSize: ((data.length - 1) << 2) | VALUE_TYPES.string, value: 0, data };
  const entries = readConfiguration(configuration);
  const isNew = entries.every((entry) => entry.key !== key);
  const all = isNew ? [...entries, changed] : entries.map((entry) => (entry.key === key ? changed : entry));
  const bytes = Buffer.from(writeConfiguration(all));
  configuration.copy(bytes, HASHES_OFFSET, HASHES_OFFSET, HASHES_OFFSET + HASHES_LENGTH);
  return bytes;
}
