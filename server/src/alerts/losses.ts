import type { Device } from "../devices/devices.js";
import type { NamedValues } from "../storage/data-folder.js";

/** A loss of readings is over when no further reading was lost for this time, in ms. */
export const LOSS_END_DELAY = 3_600_000;

/** The lost readings of a board since it started. */
interface LossCounts {
  /** The boot that the counts belong to; null if the board's status has none. */
  readonly boot: number | null;
  /** Readings that the board dropped because its memory was full. */
  readonly dropped: number;
  /** Readings whose sequence numbers never arrived. */
  readonly missing: number;
}

/** A loss about which there is an open alert. */
interface OngoingLoss {
  count: number;
  /** When the count last grew, in ms by the monotonic clock. */
  grewAt: number;
}

const LOSS_KEY_PREFIX = "alert-loss:";
const NO_LOSS: LossCounts = { boot: null, dropped: 0, missing: 0 };

/**
 * Recognizes that boards lose readings. When a loss is over, the counts of the board do not return to 0. So this class
 * stores the counts that alerts have covered, and compares the present counts with them.
 */
export class Losses {
  readonly #values: NamedValues;
  readonly #covered: Map<string, LossCounts>;
  readonly #ongoing = new Map<string, OngoingLoss>();

  constructor(values: NamedValues) {
    this.#values = values;
    this.#covered = values.entriesWithPrefix<LossCounts>(LOSS_KEY_PREFIX);
  }

  /** Returns how many readings a board has lost in its present loss; 0 if there is none. */
  countLost(device: Device, now: number): number {
    const { id } = device;
    // Return early for most boards, which have never lost a reading.
    if (!hasLost(device) && !this.#covered.has(id) && !this.#ongoing.has(id)) return 0;
    const covered = this.#covered.get(id);
    const ongoing = this.#ongoing.get(id);
    const current = countsOf(device);
    const lost = countNewLosses(covered ?? NO_LOSS, current);
    if (ongoing && lost > 0) {
      ongoing.count += lost;
      ongoing.grewAt = now;
    }
    if (ongoing || lost === 0) this.#cover(id, current);
    if (!ongoing) return lost;
    if (now - ongoing.grewAt < LOSS_END_DELAY) return ongoing.count;
    this.#ongoing.delete(id);
    return 0;
  }

  /** Records that there is an alert about the present loss of a board. */
  recordAlert(device: Device, now: number): void {
    const current = countsOf(device);
    this.resumeLoss(device.id, countNewLosses(this.#covered.get(device.id) ?? NO_LOSS, current), now);
    this.#cover(device.id, current);
  }

  /** Continues a loss about which an alert of an earlier run is open. */
  resumeLoss(id: string, count: number, now: number): void {
    this.#ongoing.set(id, { count, grewAt: now });
  }

  /** Deletes the losses of a board that was forgotten. */
  forget(id: string): void {
    this.#ongoing.delete(id);
    this.#cover(id, NO_LOSS);
  }

  #cover(id: string, counts: LossCounts): void {
    const before = this.#covered.get(id) ?? NO_LOSS;
    if (before.boot === counts.boot && before.dropped === counts.dropped && before.missing === counts.missing) return;
    const isEmpty = counts.dropped + counts.missing === 0;
    if (isEmpty && !this.#covered.delete(id)) return;
    if (!isEmpty) this.#covered.set(id, counts);
    // The store retries a failed write until the server stops. If no retry succeeds, the next run may repeat the alert.
    (isEmpty ? this.#values.delete(LOSS_KEY_PREFIX + id) : this.#values.put(LOSS_KEY_PREFIX + id, counts)).catch(
      () => {},
    );
  }
}

const hasLost = ({ status, gaps }: Device): boolean => (gaps?.missing ?? 0) + (status?.dropped ?? 0) > 0;

function countsOf({ status, gaps }: Device): LossCounts {
  return { boot: status?.boot ?? null, dropped: status?.dropped ?? 0, missing: gaps?.missing ?? 0 };
}

/** Returns how many readings were lost between two counts. The counts of a board begin at 0 after its restart. */
function countNewLosses(before: LossCounts, { boot, dropped, missing }: LossCounts): number {
  const from = before.boot === boot ? before : NO_LOSS;
  return Math.max(0, dropped - from.dropped) + Math.max(0, missing - from.missing);
}
