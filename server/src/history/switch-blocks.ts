/**
 * Encoding of switches in a row of `switch_runs`. A block contains the switches of one device and one chunk (ten
 * minutes) that were compacted together. Layout:
 * - 32 bits: the number of switches * 4 + the width of a reason index (0: only one reason, no indexes; 1, 2, 3: 8, 16,
 *   32 bits)
 * - 32 bits for each switch, in order of arrival: ms since the chunk's start << 3 | index into `SWITCH_CAUSES` << 1 |
 *   lamp on
 * - the reason index of each switch
 * - the distinct reasons as a JSON array
 */
import { Buffer } from "node:buffer";
import type { HistorySwitch } from "./history.js";
import { CHUNK_LENGTH } from "./packing.js";
import { SWITCH_CAUSES } from "./protocol.js";

/** The array type of the reason indexes, by their width code. */
const INDEX_TYPES = [undefined, Uint8Array, Uint16Array, Uint32Array] as const;
/** Size of the header in bytes, and also the size of each encoded switch. */
const WORD_BYTES = 4;

/** Encodes the lamp's state and who switched it, in 3 bits. @param by index into `SWITCH_CAUSES` */
export const encodeState = (led_on: number | boolean, by: number): number => (by << 1) | Number(led_on);

/** Builds a switch from its time, the value of `encodeState` and its reason. */
export const toSwitch = (time: number, state: number, reason: string): HistorySwitch => ({
  time,
  led_on: (state & 1) === 1,
  by: SWITCH_CAUSES[state >> 1],
  reason,
});

/** Memory for the block that is being encoded. Allocating memory for each block would take longer than encoding it. */
let scratch = Buffer.from(new ArrayBuffer(65_536));
let scratchWords = new Uint32Array(scratch.buffer);

/**
 * Encodes a block. The result is valid until the next call, which reuses its memory.
 * @param times ms since 1970, all in one chunk
 * @param states values of `encodeState`
 * @param reasonIndexes indexes into `reasonTexts`, which has no duplicates
 */
export function encodeBlock(
  times: ArrayLike<number>,
  states: ArrayLike<number>,
  reasonIndexes: ArrayLike<number>,
  reasonTexts: readonly string[],
): Uint8Array {
  const count = reasonTexts.length;
  const width = count === 1 ? 0 : count <= 2 ** 8 ? 1 : count <= 2 ** 16 ? 2 : 3;
  const IndexArray = INDEX_TYPES[width];
  const json = JSON.stringify(reasonTexts);
  const indexStart = WORD_BYTES * (1 + times.length);
  const jsonStart = indexStart + (IndexArray?.BYTES_PER_ELEMENT ?? 0) * times.length;
  // Reserve three bytes for each UTF-16 code unit, which is the most that UTF-8 needs.
  if (jsonStart + json.length * 3 > scratch.length) {
    scratch = Buffer.from(new ArrayBuffer(8 * (jsonStart + json.length * 3)));
    scratchWords = new Uint32Array(scratch.buffer);
  }
  scratchWords[0] = times.length * INDEX_TYPES.length + width;
  for (let at = 0; at < times.length; at++) scratchWords[1 + at] = (times[at] % CHUNK_LENGTH) * 8 + states[at];
  if (IndexArray) new IndexArray(scratch.buffer, indexStart, times.length).set(reasonIndexes);
  return new Uint8Array(scratch.buffer, 0, jsonStart + scratch.write(json, jsonStart));
}

/**
 * Decodes the switches of a block from `from` (included) to `to` (excluded), in the order of arrival.
 * @param start start of the block's chunk, in ms since 1970
 * @throws Error when the block is malformed
 */
export function decodeBlock(block: unknown, start: number, from: number, to: number): HistorySwitch[] {
  try {
    return decodeSwitches(block as Uint8Array<ArrayBuffer>, start, from, to);
  } catch (cause) {
    throw new Error("a block of switches is malformed", { cause });
  }
}

/** Decodes only the latest switch of a block, without its reason, because parsing the reasons takes longest. */
export function decodeLastSwitch(block: unknown, start: number): Pick<HistorySwitch, "time" | "led_on"> | undefined {
  const bytes = Buffer.from(block as Uint8Array);
  const count = Math.floor(bytes.readUInt32LE() / INDEX_TYPES.length);
  if (bytes.length < WORD_BYTES * (1 + count)) throw new Error("a block of switches is malformed");
  let last = -1;
  for (let at = 0; at < count; at++) {
    const word = bytes.readUInt32LE(WORD_BYTES * (1 + at));
    if (word >>> 3 >= last >>> 3 || last < 0) last = word;
  }
  return last < 0 ? undefined : { time: start + (last >>> 3), led_on: (last & 1) === 1 };
}

function decodeSwitches(block: Uint8Array<ArrayBuffer>, start: number, from: number, to: number): HistorySwitch[] {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
  const header = bytes.readUInt32LE();
  const count = Math.floor(header / INDEX_TYPES.length);
  const IndexArray = INDEX_TYPES[header % INDEX_TYPES.length];
  const indexStart = WORD_BYTES * (1 + count);
  const reasonIndexes = IndexArray && new IndexArray(block.buffer, block.byteOffset + indexStart, count);
  const json = bytes.toString("utf8", indexStart + (reasonIndexes?.byteLength ?? 0));
  const reasonTexts = JSON.parse(json) as readonly string[];
  const found: HistorySwitch[] = [];
  for (let at = 0; at < count; at++) {
    const word = bytes.readUInt32LE(WORD_BYTES * (1 + at));
    const time = start + (word >>> 3);
    if (time >= from && time < to)
      found.push(toSwitch(time, word & 7, reasonTexts[reasonIndexes ? reasonIndexes[at] : 0]));
  }
  return found;
}
