/**
 * How many sequence numbers the server remembers to detect duplicates. This is more than the number of readings that an
 * offline board keeps.
 */
export const WINDOW_SIZE = 1024;

/**
 * `newest`: no higher sequence number has arrived. `late`: a higher number has arrived before. `duplicate`: the same
 * number has arrived before.
 */
export type ArrivalOrder = "newest" | "late" | "duplicate";

/** A `Sequence` as the journal and Redis store it. `bits` is in base64, or "" if all numbers have arrived. */
export type StoredSequence = readonly [first: number, highest: number, gapCount: number, bits: string];

/**
 * The sequence numbers of one boot that have arrived, in a sliding window of `WINDOW_SIZE` bits. QoS 1 may deliver a
 * reading twice, and a board that was offline sends older readings after the newest. So the highest number alone does
 * not reveal duplicates. A number before the window counts as new, because a repeated reading is better than a lost
 * one.
 */
export interface Sequence {
  firstSeq: number;
  highestSeq: number;
  /** Number of sequence numbers below the highest that have not arrived. */
  gapCount: number;
  /**
   * Bit set of the numbers in the window that have arrived. The window ends with `highestSeq`. Undefined while all
   * numbers have arrived, which saves memory.
   */
  bits: Uint32Array | undefined;
}

/**
 * Starts a sequence with the first reading of a boot that arrives. If `seq` is at most `WINDOW_SIZE`, all lower numbers
 * count as missing.
 */
export function startSequence(sequence: Sequence, seq: number): void {
  // With a number above `WINDOW_SIZE`, the board may have sent its earlier readings to another server, so they do not
  // count as missing.
  const first = seq <= WINDOW_SIZE ? Math.min(1, seq) : seq;
  sequence.firstSeq = first;
  sequence.highestSeq = seq;
  sequence.gapCount = seq - first;
  sequence.bits = undefined;
  if (seq > first || first > 1) {
    sequence.bits = new Uint32Array(WINDOW_SIZE / 32);
    setBit(sequence.bits, seq);
  }
}

export function restoreSequence(sequence: Sequence, [first, highest, gapCount, bits]: StoredSequence): void {
  sequence.firstSeq = first;
  sequence.highestSeq = highest;
  sequence.gapCount = gapCount;
  sequence.bits = bits ? new Uint32Array(new Uint8Array(Buffer.from(bits, "base64")).buffer) : undefined;
}

export function toStoredSequence({ firstSeq: first, highestSeq: highest, gapCount, bits }: Sequence): StoredSequence {
  return [first, highest, gapCount, bits ? Buffer.from(bits.buffer).toString("base64") : ""];
}

/** Records a sequence number, and returns the order in which its reading has arrived. */
export function addSequenceNumber(sequence: Sequence, seq: number): ArrivalOrder {
  const { highestSeq: highest, bits } = sequence;
  if (seq > highest) {
    advanceWindow(sequence, seq);
    return "newest";
  }
  if (seq <= highest - WINDOW_SIZE) return "late";
  if (!bits || bits[(seq % WINDOW_SIZE) >>> 5] & (1 << (seq & 31))) return "duplicate";
  setBit(bits, seq);
  if (seq >= sequence.firstSeq) sequence.gapCount--;
  return "late";
}

function setBit(bits: Uint32Array, seq: number): void {
  bits[(seq % WINDOW_SIZE) >>> 5] |= 1 << (seq & 31);
}

/**
 * Moves the window so that it ends with a new number. The window is a ring buffer, in which new numbers replace the
 * oldest ones.
 */
function advanceWindow(sequence: Sequence, seq: number): void {
  const skipped = seq - sequence.highestSeq - 1;
  if (skipped > 0) {
    sequence.bits ??= new Uint32Array(WINDOW_SIZE / 32).fill(0xffffffff);
    sequence.gapCount += skipped;
  }
  const { bits } = sequence;
  if (bits) {
    if (skipped >= WINDOW_SIZE) bits.fill(0);
    else for (let n = sequence.highestSeq + 1; n < seq; n++) bits[(n % WINDOW_SIZE) >>> 5] &= ~(1 << (n & 31));
    setBit(bits, seq);
    if (seq % 32 === 0 && bits.every((word) => word === 0xffffffff)) sequence.bits = undefined;
  }
  sequence.highestSeq = seq;
}
