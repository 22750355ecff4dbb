/** Counts stored, lost, duplicate and out-of-order readings of a board between two restarts. */

/** A reading that the server stored. Arrays of stored readings are in the order in which the server stored them. */
export interface StoredReading {
  readonly seq: number;
  /** Time between taking and sending the reading, in ms. */
  readonly age: number;
  /** Number of the server run that stored the reading. */
  readonly run: number;
}

export interface ReadingCounts {
  taken: number;
  /** Number of readings that the server stored at least once. */
  stored: number;
  /** Number of readings that the server never stored, although the board had power. */
  lost: number;
  /** Number of readings that the server never stored because of a power cut of the board. */
  lostByPowerCut: number;
  /** Number of readings that one run of the server stored twice. */
  duplicated: number;
  /** Number of readings that two server runs stored, because the first run was killed before it acknowledged them. */
  storedAgainAfterKill: number;
  outOfOrder: number;
}

/** Age below which a reading counts as live, in ms. Older readings come from the board's backlog. */
const MAX_LIVE_AGE = 40;

/**
 * Counts the readings `from` to `to`, inclusive.
 *
 * A reading is in order when it is newer than all readings that were stored before it. A reading from the board's
 * backlog is also in order when it is newer than all backlog readings that were stored before it.
 *
 * @param diedAfter readings after this `seq` may be lost by a power cut; undefined if there was no power cut
 */
export function countReadings(
  stored: readonly StoredReading[],
  from: number,
  to: number,
  diedAfter?: number,
): ReadingCounts {
  const account = {
    taken: to - from + 1,
    stored: 0,
    lost: 0,
    lostByPowerCut: 0,
    duplicated: 0,
    storedAgainAfterKill: 0,
    outOfOrder: 0,
  };
  const runs = new Map<number, number>();
  let newest = 0;
  let backlog = 0;
  for (const { seq, age, run } of stored) {
    const mine = seq >= from && seq <= to;
    const before = runs.get(seq);
    runs.set(seq, run);
    if (before !== undefined) {
      if (mine) account[before === run ? "duplicated" : "storedAgainAfterKill"]++;
      continue;
    }
    if (mine) account.stored++;
    if (seq > newest) newest = seq;
    else {
      if (mine && (age < MAX_LIVE_AGE || seq < backlog)) account.outOfOrder++;
      backlog = Math.max(backlog, seq);
    }
  }
  account[diedAfter !== undefined && from > diedAfter ? "lostByPowerCut" : "lost"] = account.taken - account.stored;
  return account;
}
