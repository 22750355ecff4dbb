/**
 * Switches as they are stored: those of one device and ten minutes that were put there together are a run. The number of
 * switches * 4 + the width of their reasons' places (0: there is one reason; 1, 2, 3: 8, 16, 32 bits); of each switch, in
 * the order in which they came, 32 bits: the ms within the ten minutes << 3 | its place in `BY` << 1 | on; then their
 * reasons' places; then the reasons, each once, in JSON.
 */
import { Buffer } from "node:buffer";
import type { HistorySwitch } from "./history.js";
import { CHUNK } from "./packing.js";
import { BY } from "./protocol.js";

const WIDTHS = [undefined, Uint8Array, Uint16Array, Uint32Array] as const;
const HEAD = 4;

/** What happened, beside when and why: the place in `BY` << 1 | on. */
export const stateOf = (led_on: number | boolean, by: number): number => (by << 1) | Number(led_on);

/** A switch, of whichever form its time is. */
export const switchOf = (time: number, state: number, reason: string): HistorySwitch => ({
  time,
  led_on: (state & 1) === 1,
  by: BY[state >> 1],
  reason,
});

/** Where runs are made: memory of its own for each would take longer than all the rest. */
let room = Buffer.from(new ArrayBuffer(65_536));
let words = new Uint32Array(room.buffer);

/**
 * A run, to be used before the next is made.
 * @param states by `stateOf` @param places of their reasons among `reasons`, each of which is there once
 */
export function packRun(
  times: ArrayLike<number>,
  states: ArrayLike<number>,
  places: ArrayLike<number>,
  reasons: readonly string[],
): Uint8Array {
  const width = reasons.length === 1 ? 0 : reasons.length <= 2 ** 8 ? 1 : reasons.length <= 2 ** 16 ? 2 : 3;
  const Places = WIDTHS[width];
  const text = JSON.stringify(reasons);
  const end = HEAD * (1 + times.length);
  const start = end + (Places?.BYTES_PER_ELEMENT ?? 0) * times.length;
  // three bytes of UTF-8 for each unit of UTF-16 at most
  if (start + text.length * 3 > room.length) {
    room = Buffer.from(new ArrayBuffer(8 * (start + text.length * 3)));
    words = new Uint32Array(room.buffer);
  }
  words[0] = times.length * WIDTHS.length + width;
  for (let at = 0; at < times.length; at++) words[1 + at] = (times[at] % CHUNK) * 8 + states[at];
  if (Places) new Places(room.buffer, end, times.length).set(places);
  return new Uint8Array(room.buffer, 0, start + room.write(text, start));
}

/**
 * The switches of a run of the ten minutes that begin at `start`, from `from` to before `to`, in the order in which they
 * came. @throws Error when it cannot be such
 */
export function unpackRun(run: unknown, start: number, from: number, to: number): HistorySwitch[] {
  try {
    return unpack(run as Uint8Array<ArrayBuffer>, start, from, to);
  } catch (cause) {
    throw new Error("a run of switches is malformed", { cause });
  }
}

/** The last switch of a run, by its time, of the ten minutes that begin at `start`: without its reason, which takes longest. */
export function lastOfRun(run: unknown, start: number): Pick<HistorySwitch, "time" | "led_on"> | undefined {
  const bytes = Buffer.from(run as Uint8Array);
  const count = Math.floor(bytes.readUInt32LE() / WIDTHS.length);
  if (bytes.length < HEAD * (1 + count)) throw new Error("a run of switches is malformed");
  let last = -1;
  for (let at = 0; at < count; at++) {
    const word = bytes.readUInt32LE(HEAD * (1 + at));
    if (word >>> 3 >= last >>> 3 || last < 0) last = word;
  }
  return last < 0 ? undefined : { time: start + (last >>> 3), led_on: (last & 1) === 1 };
}

function unpack(run: Uint8Array<ArrayBuffer>, begun: number, from: number, to: number): HistorySwitch[] {
  const bytes = Buffer.from(run.buffer, run.byteOffset, run.length);
  const head = bytes.readUInt32LE();
  const count = Math.floor(head / WIDTHS.length);
  const Places = WIDTHS[head % WIDTHS.length];
  const end = HEAD * (1 + count);
  const places = Places && new Places(run.buffer, run.byteOffset + end, count);
  const reasons = JSON.parse(bytes.toString("utf8", end + (places?.byteLength ?? 0))) as readonly string[];
  const found: HistorySwitch[] = [];
  for (let at = 0; at < count; at++) {
    const word = bytes.readUInt32LE(HEAD * (1 + at));
    const time = begun + (word >>> 3);
    if (time >= from && time < to) found.push(switchOf(time, word & 7, reasons[places ? places[at] : 0]));
  }
  return found;
}
