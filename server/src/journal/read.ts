import { crc32 } from "node:zlib";
import type { StoredBoot } from "../boots.js";
import type { Point } from "../recent.js";
import { BITS, KIND, LAMPS, LIVE, NUMBER, type Reader } from "./records.js";

/** Tells what is in a segment, as far as it is whole: of a batch whose writing was cut short nothing. */
export function readSegment(file: Buffer, reader: Reader): void {
  const words = new Float64Array(file.length >>> 3);
  const bytes = Buffer.from(words.buffer);
  bytes.set(file.subarray(0, bytes.length));
  /** Ids by the numbers that they have in this segment. */
  const names: string[] = [];
  for (let at = 0; at < words.length;) {
    const end = at + 1 + bytes.readUInt32LE(at * 8 + 4);
    if (end === at + 1 || end > words.length) return;
    if (crc32(bytes.subarray(at * 8 + 8, end * 8)) !== bytes.readUInt32LE(at * 8)) return;
    readBatch(words, bytes, at + 1, end, names, reader);
    at = end;
  }
}

function readBatch(
  words: Float64Array,
  bytes: Buffer,
  begin: number,
  end: number,
  names: string[],
  reader: Reader,
): void {
  for (let at = begin; at < end;) {
    const what = words[at] % NUMBER;
    const number = (words[at] - what) / NUMBER;
    const id = names[number];
    if (what >= KIND.forget) {
      reader.forget(id);
      at++;
    } else if (what >= KIND.state) {
      const next = at + 2 + words[at + 1];
      readState(words, bytes, at + 2, next, id, reader);
      at = next;
    } else if (what >= KIND.reading) {
      const reading = {
        light: words[at + 7],
        boot: there(words[at + 1]),
        seq: there(words[at + 2]),
        at: there(words[at + 3]),
        age: there(words[at + 4]),
      };
      const point = { time: words[at + 6], light: reading.light, led_on: LAMPS[what % LIVE] };
      reader.reading(id, reading, words[at + 5], (what & LIVE) > 0, point);
      at += 8;
    } else {
      const length = words[at + 1];
      names[number] = bytes.toString("utf8", (at + 2) * 8, (at + 2) * 8 + length);
      at += 2 + Math.ceil(length / 8);
    }
  }
}

function readState(words: Float64Array, bytes: Buffer, begin: number, end: number, id: string, reader: Reader): void {
  const boots: StoredBoot[] = [];
  let at = begin + 1;
  for (let n = 0; n < words[begin]; n++) {
    const [boot, first, highest, holes, latest, before, since, gaps] = words.subarray(at, at + 8);
    at += 8;
    const bits = gaps ? bytes.toString("base64", at * 8, (at + BITS) * 8) : "";
    if (gaps) at += BITS;
    boots.push([boot, [first, highest, holes, bits], Number.isNaN(latest) ? null : [latest, before, since]]);
  }
  const points: Point[] = [];
  for (; at < end; at += 3) points.push({ time: words[at], light: words[at + 1], led_on: LAMPS[words[at + 2]] });
  reader.state(id, boots, points);
}

const there = (word: number): number | undefined => (Number.isNaN(word) ? undefined : word);
