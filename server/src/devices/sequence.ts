/** How many numbers back the server detects duplicates. A board keeps fewer readings while it is offline. */
export const WINDOW = 1024;

/** `newest`: no higher number has arrived. `late`: a new reading from the past. `duplicate`: it has arrived before. */
export type Arrival = "newest" | "late" | "duplicate";

/** A sequence in the form in which it is stored. `bits` is in base64, or "" if all numbers have arrived. */
export type StoredSequence = readonly [first: number, highest: number, holes: number, bits: string];

/**
 * The numbers of one boot that have arrived, in a sliding window of `WINDOW` bits. QoS 1 delivers some readings twice, and
 * a board that was offline sends old readings after the newest, so the highest number alone does not reveal duplicates.
 * A number before the window counts as new: taking a reading twice is better than losing it.
 */
export interface Sequence {
  first: number;
  highest: number;
  /** How many numbers below the highest have not arrived. */
  holes: number;
  /** The window that ends with the highest number; undefined while all numbers have arrived, which saves memory. */
  bits: Uint32Array | undefined;
}

/** Starts with the first number that arrives of a boot. Earlier numbers within the window count as missing. */
export function begin(sequence: Sequence, seq: number): void {
  // A board that has been running for a long time may have reported to another server before.
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

/** Adds a number. */
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

/** Moves the window, which is a ring buffer: new numbers take the places of those that leave it. */
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
