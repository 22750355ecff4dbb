/** What became of the readings of one boot of one board. Pure. */

/** A reading that the server stored, in the order of storing. */
export interface Stored {
  readonly seq: number;
  /** ms between taking and sending. */
  readonly age: number;
  /** Which life of the server stored it. */
  readonly run: number;
}

export interface Readings {
  taken: number;
  /** At least once. */
  stored: number;
  /** Never stored, by a board that has power. */
  lost: number;
  /** Never stored, and gone with the power of the board. */
  lostWithPower: number;
  /** Stored twice by one life of the server. */
  duplicated: number;
  /** Stored by a life of the server that was killed before it could acknowledge, and by the next one. */
  again: number;
  outOfOrder: number;
}

/** A reading that was sent within so many ms was the newest one when it was sent. */
const LIVE = 40;

/**
 * The accounts of readings `from` to `to`, both included.
 *
 * The order is right when a reading is newer than all before it; or when it waited on the board while newer ones were
 * sent, and is newer than all before it that did so.
 *
 * @param diedAfter the board lost its power at some time after this reading
 */
export function accountOf(stored: readonly Stored[], from: number, to: number, diedAfter?: number): Readings {
  const account = {
    taken: to - from + 1,
    stored: 0,
    lost: 0,
    lostWithPower: 0,
    duplicated: 0,
    again: 0,
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
      if (mine) account[before === run ? "duplicated" : "again"]++;
      continue;
    }
    if (mine) account.stored++;
    if (seq > newest) newest = seq;
    else {
      if (mine && (age < LIVE || seq < backlog)) account.outOfOrder++;
      backlog = Math.max(backlog, seq);
    }
  }
  account[diedAfter !== undefined && from > diedAfter ? "lostWithPower" : "lost"] = account.taken - account.stored;
  return account;
}
