import type { Device } from "../devices/devices.js";
import type { NamedValues } from "../storage/data-folder.js";

/** Time without a further loss after which a loss of readings is over, in ms. */
export const LOSS_ENDS_AFTER = 3_600_000;

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

const PREFIX = "alert-loss:";
const NOTHING: LossCounts = { boot: null, dropped: 0, missing: 0 };

/**
 * Recognizes that boards lose readings. The counts of a board stay when a loss is over, so this class stores the counts
 * that alerts have covered, and compares the present ones with them.
 */
export class Losses {
  readonly #values: NamedValues;
  readonly #covered: Map<string, LossCounts>;
  readonly #ongoing = new Map<string, OngoingLoss>();

  constructor(values: NamedValues) {
    this.#values = values;
    this.#covered = values.entriesWithPrefix<LossCounts>(PREFIX);
  }

  /** Returns how many readings a board has lost in its present loss; 0 if there is none. */
  count(device: Device, now: number): number {
    const { id } = device;
    // Most boards have never lost a reading.
    if (!hasLost(device) && !this.#covered.has(id) && !this.#ongoing.has(id)) return 0;
    const covered = this.#covered.get(id);
    const ongoing = this.#ongoing.get(id);
    const current = countsOf(device);
    const lost = growth(covered ?? NOTHING, current);
    if (ongoing && lost > 0) {
      ongoing.count += lost;
      ongoing.grewAt = now;
    }
    if (ongoing || lost === 0) this.#cover(id, current);
    if (!ongoing) return lost;
    if (now - ongoing.grewAt < LOSS_ENDS_AFTER) return ongoing.count;
    this.#ongoing.delete(id);
    return 0;
  }

  /** Records that there is an alert about the present loss of a board. */
  alerted(device: Device, now: number): void {
    const current = countsOf(device);
    this.resume(device.id, growth(this.#covered.get(device.id) ?? NOTHING, current), now);
    this.#cover(device.id, current);
  }

  /** Continues a loss about which an alert of an earlier run is open. */
  resume(id: string, count: number, now: number): void {
    this.#ongoing.set(id, { count, grewAt: now });
  }

  /** Deletes what is known about a board that was forgotten. */
  forget(id: string): void {
    this.#ongoing.delete(id);
    this.#cover(id, NOTHING);
  }

  #cover(id: string, counts: LossCounts): void {
    const before = this.#covered.get(id) ?? NOTHING;
    if (before.boot === counts.boot && before.dropped === counts.dropped && before.missing === counts.missing) return;
    const isEmpty = counts.dropped + counts.missing === 0;
    if (isEmpty && !this.#covered.delete(id)) return;
    if (!isEmpty) this.#covered.set(id, counts);
    // A write that fails is retried until the server stops; then the next run may repeat the alert.
    (isEmpty ? this.#values.delete(PREFIX + id) : this.#values.put(PREFIX + id, counts)).catch(() => {});
  }
}

const hasLost = ({ status, gaps }: Device): boolean => (gaps?.missing ?? 0) + (status?.dropped ?? 0) > 0;

function countsOf({ status, gaps }: Device): LossCounts {
  return { boot: status?.boot ?? null, dropped: status?.dropped ?? 0, missing: gaps?.missing ?? 0 };
}

/** Returns by how much the counts have grown. The counts of another boot begin at 0. */
function growth(before: LossCounts, { boot, dropped, missing }: LossCounts): number {
  const from = before.boot === boot ? before : NOTHING;
  return Math.max(0, dropped - from.dropped) + Math.max(0, missing - from.missing);
}
