import type { Telemetry } from "../../../contract/index.js";
import { Boot } from "./boot.js";
import { confirmClock, timeOf, type StoredClock } from "./board-clock.js";
import { begin, restoreSequence, storedSequence, take, type Arrival, type StoredSequence } from "./sequence.js";

/** A boot in the form in which the server stores it. */
export type StoredBoot = readonly [boot: number, sequence: StoredSequence, clock: StoredClock | null];

/** Where a reading belongs among the readings of its device. */
export interface Placed {
  readonly arrival: Arrival;
  /** When the reading was taken, by the monotonic clock. */
  readonly taken: number;
  /** Whether `taken` is certain. Otherwise the reading may have waited at a broker and be older. */
  readonly sure: boolean;
}

/**
 * The last two boots of a device. After a restart of the server or the broker, readings of both boots may be delivered
 * again. The object itself is the latest boot. This saves memory, because most devices have only one boot.
 */
export class Boots extends Boot {
  #before: Boot | undefined;

  /**
   * Finds where a reading belongs and records its sequence number.
   * @param live whether the reading cannot have waited at a broker
   */
  place(boot: number, seq: number, reading: Telemetry, now: number, live: boolean): Placed {
    if (this.boot === boot) return placeIn(this, take(this, seq), reading, now, live);
    if (this.#before?.boot === boot) {
      const arrival = take(this.#before, seq);
      // Even the newest reading of an earlier boot is late, because the latest boot has already sent readings.
      return placeIn(this.#before, arrival === "newest" ? "late" : arrival, reading, now, live);
    }
    if (!Number.isNaN(this.boot)) this.#before = this.copy();
    this.boot = boot;
    this.latest = NaN;
    this.sure = false;
    begin(this, seq);
    return placeIn(this, "newest", reading, now, live);
  }

  store(): StoredBoot[] {
    if (Number.isNaN(this.boot)) return [];
    return this.#before ? [storedBoot(this), storedBoot(this.#before)] : [storedBoot(this)];
  }

  /** Restores the stored boots of a device. */
  restore([latest, before]: readonly StoredBoot[]): void {
    if (latest) restoreBoot(this, latest);
    if (before) restoreBoot((this.#before = new Boot()), before);
  }
}

/** Converts the times of a stored boot to another clock. */
export function convertBoot([boot, sequence, started]: StoredBoot, convert: (time: number) => number): StoredBoot {
  if (!started) return [boot, sequence, null];
  const [latest, before, since] = started;
  return [boot, sequence, [convert(latest), convert(before), convert(since)]];
}

function storedBoot(from: Boot): StoredBoot {
  const { boot, sure, latest, before, since } = from;
  return [boot, storedSequence(from), sure && !Number.isNaN(latest) ? [latest, before, since] : null];
}

function restoreBoot(into: Boot, [boot, sequence, clock]: StoredBoot): void {
  into.boot = boot;
  restoreSequence(into, sequence);
  [into.latest, into.before, into.since] = clock ?? [NaN, NaN, NaN];
  into.sure = clock !== null;
  into.unconfirm();
}

function placeIn(boot: Boot, arrival: Arrival, { at, age = 0 }: Telemetry, now: number, live: boolean): Placed {
  if (at === undefined) return { arrival, taken: now - age, sure: live };
  const taken = timeOf(boot, now, at, age);
  if (live && boot.unconfirmed) {
    boot.sure = true;
    confirmClock(boot, now);
  }
  boot.sure ||= live;
  return { arrival, taken, sure: boot.sure };
}
