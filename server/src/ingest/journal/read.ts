import type { StoredBoot } from "../../devices/boots.js";
import type { Point } from "../../history/recent.js";
import {
  GAP_BITS_WORDS,
  RECORD_KIND,
  LAMP_BY_CODE,
  LIVE_FLAG,
  DEVICE_NUMBER_FACTOR,
  type RecordHandler,
} from "./records.js";

/** Passes the records of a journal file to `reader`. Returns how many records it skipped because damage destroyed the device id. */
export function readSegment(batches: readonly Buffer[], reader: RecordHandler): number {
  /** Device ids by device number, from the records of this segment that were read so far. */
  const deviceIds: string[] = [];
  let unidentifiedCount = 0;
  for (const batch of batches) {
    const bytes = batch.byteOffset % 8 === 0 ? batch : copyBatch(batch);
    const words = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 3);
    unidentifiedCount += readBatch(words, bytes, deviceIds, reader);
  }
  return unidentifiedCount;
}

/** Copies a batch, because a typed array needs aligned memory. After damage a batch may begin at any byte. */
function copyBatch(batch: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(batch.length);
  copy.set(batch);
  return copy;
}

function readBatch(words: Float64Array, bytes: Buffer, deviceIds: string[], reader: RecordHandler): number {
  let unnamed = 0;
  for (let at = 0; at < words.length;) {
    const what = words[at] % DEVICE_NUMBER_FACTOR;
    const deviceNumber = (words[at] - what) / DEVICE_NUMBER_FACTOR;
    const id = deviceIds[deviceNumber];
    if (id === undefined && what >= RECORD_KIND.reading) unnamed++;
    if (what >= RECORD_KIND.forget) {
      if (id !== undefined) reader.forget(id);
      // Forget the device id, because a later record may assign this number to another device.
      delete deviceIds[deviceNumber];
      at++;
    } else if (what >= RECORD_KIND.snapshot) {
      const next = at + 2 + words[at + 1];
      if (id !== undefined) readSnapshot(words, bytes, at + 2, next, id, reader);
      at = next;
    } else if (what >= RECORD_KIND.reading) {
      if (id === undefined) {
        at += 8;
        continue;
      }
      const reading = {
        light: words[at + 7],
        boot: toNumberOrUndefined(words[at + 1]),
        seq: toNumberOrUndefined(words[at + 2]),
        at: toNumberOrUndefined(words[at + 3]),
        age: toNumberOrUndefined(words[at + 4]),
      };
      const point = { time: words[at + 6], light: reading.light, led_on: LAMP_BY_CODE[what % LIVE_FLAG] };
      reader.reading(id, reading, words[at + 5], (what & LIVE_FLAG) > 0, point);
      at += 8;
    } else {
      const length = words[at + 1];
      deviceIds[deviceNumber] = bytes.toString("utf8", (at + 2) * 8, (at + 2) * 8 + length);
      at += 2 + Math.ceil(length / 8);
    }
  }
  return unnamed;
}

function readSnapshot(
  words: Float64Array,
  bytes: Buffer,
  begin: number,
  end: number,
  id: string,
  reader: RecordHandler,
): void {
  const boots: StoredBoot[] = [];
  let at = begin + 1;
  for (let n = 0; n < words[begin]; n++) {
    const [boot, first, highest, gapCount, latest, before, since, gaps] = words.subarray(at, at + 8);
    at += 8;
    const bits = gaps ? bytes.toString("base64", at * 8, (at + GAP_BITS_WORDS) * 8) : "";
    if (gaps) at += GAP_BITS_WORDS;
    boots.push([boot, [first, highest, gapCount, bits], Number.isNaN(latest) ? null : [latest, before, since]]);
  }
  const points: Point[] = [];
  for (; at < end; at += 3) points.push({ time: words[at], light: words[at + 1], led_on: LAMP_BY_CODE[words[at + 2]] });
  reader.snapshot(id, boots, points);
}

const toNumberOrUndefined = (word: number): number | undefined => (Number.isNaN(word) ? undefined : word);
