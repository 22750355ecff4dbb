import type { Telemetry } from "../../../contract/index.js";
import { Boot } from "./boot.js";
import { confirmClock, timeOf, type StoredClock } from "./board-clock.js";
import { begin, restoreSequence, storedSequence, take, type Arrival, type StoredSequence } from "./sequence.js";

/** A boot as it is stored. */
export type StoredBoot = readonly [boot: number, sequence: StoredSequence, clock: StoredClock | null];

/** A reading in its place. */
export interface Placed {
  readonly arrival: Arrival;
  /** When it was taken, in ms since 1970. */
  readonly taken: number;
  /** Whether that is sure: otherwise the reading may have waited somewhere, and be older. */
  readonly sure: boolean;
}

/**
 * What is known of the last two runs of a device's firmware. Two, because after a restart of the server or of the broker
 * readings of both may be delivered again.
 */
export class Boots extends Boot {
  // it is the latest itself: for most devices there is no other
  #before: Boot | undefined;

  /** The place of a reading, which is remembered. @param live whether it cannot have waited at a broker */
  place(boot: number, seq: number, reading: Telemetry, now: number, live: boolean): Placed {
    if (this.boot === boot) return placeIn(this, take(this, seq), reading, now, live);
    if (this.#before?.boot === boot) {
      const arrival = take(this.#before, seq);
      // the past, however new it is there
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

  /** Goes on where another left off. */
  restore([latest, before]: readonly StoredBoot[]): void {
    if (latest) restoreBoot(this, latest);
    if (before) restoreBoot((this.#before = new Boot()), before);
  }
}

/** A stored boot with its times by another clock. */
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
