/** How far back a number is remembered: more than a board keeps while it is offline, and more than is ever in flight. */
export const WINDOW = 1024;

/** `newest`: no higher number came before. `late`: a new reading, but of the past. `duplicate`: it was here before. */
export type Arrival = "newest" | "late" | "duplicate";

/** A sequence as it is stored: first, highest, holes, and the bits in base64, "" when all are set. */
export type StoredSequence = readonly [first: number, highest: number, holes: number, bits: string];

/**
 * Which numbers of one boot have been seen: "at least once" delivery brings some twice, and a board that was away sends
 * old ones after the newest, so that the highest number alone would not tell.
 * Without gaps it takes a few bytes, with gaps 128 more, whatever arrives. A number further back than the window counts
 * as new: better twice than never.
 */
export interface Sequence {
  first: number;
  highest: number;
  /** Numbers that have not come, up to the highest. */
  holes: number;
  /** Those seen of the window that ends with the highest; undefined when all of them were. */
  bits: Uint32Array | undefined;
}

/** Begins with `seq` as the first number of a boot to come: what it sent before, as far as it may still come, is missing. */
export function begin(sequence: Sequence, seq: number): void {
  // a board that has run for long was not always this server's
  const first = seq <= WINDOW ? Math.min(1, seq) : seq;
  sequence.first = first;
  sequence.highest = seq;
  sequence.holes = seq - first;
  sequence.bits = undefined;
  if (seq > first || first > 1) {
    sequence.bits = new Uint32Array(WINDOW / 32);
    see(sequence.bits, seq);
  }
}

export function restoreSequence(sequence: Sequence, [first, highest, holes, bits]: StoredSequence): void {
  sequence.first = first;
  sequence.highest = highest;
  sequence.holes = holes;
  sequence.bits = bits ? new Uint32Array(new Uint8Array(Buffer.from(bits, "base64")).buffer) : undefined;
}

export function storedSequence({ first, highest, holes, bits }: Sequence): StoredSequence {
  return [first, highest, holes, bits ? Buffer.from(bits.buffer).toString("base64") : ""];
}

/** Remembers a number. */
export function take(sequence: Sequence, seq: number): Arrival {
  const { highest, bits } = sequence;
  if (seq > highest) {
    moveTo(sequence, seq);
    return "newest";
  }
  if (seq <= highest - WINDOW) return "late";
  if (!bits || bits[(seq % WINDOW) >>> 5] & (1 << (seq & 31))) return "duplicate";
  see(bits, seq);
  if (seq >= sequence.first) sequence.holes--;
  return "late";
}

function see(bits: Uint32Array, seq: number): void {
  bits[(seq % WINDOW) >>> 5] |= 1 << (seq & 31);
}

/** Moves the window: the places of the numbers that come into it are those of numbers that leave it. */
function moveTo(sequence: Sequence, seq: number): void {
  const skipped = seq - sequence.highest - 1;
  if (skipped > 0) {
    sequence.bits ??= new Uint32Array(WINDOW / 32).fill(0xffffffff);
    sequence.holes += skipped;
  }
  const { bits } = sequence;
  if (bits) {
    if (skipped >= WINDOW) bits.fill(0);
    else for (let n = sequence.highest + 1; n < seq; n++) bits[(n % WINDOW) >>> 5] &= ~(1 << (n & 31));
    see(bits, seq);
    if (seq % 32 === 0 && bits.every((word) => word === 0xffffffff)) sequence.bits = undefined;
  }
  sequence.highest = seq;
}
