import type { Telemetry } from "../../../contract/index.js";
import { Boot } from "./boot.js";
import { confirmClock, timeOf, type StoredClock } from "./board-clock.js";
import {
  startSequence,
  restoreSequence,
  storedSequence,
  addNumber,
  type ArrivalOrder,
  type StoredSequence,
} from "./sequence.js";

/** A boot in the form in which the server stores it. */
export type StoredBoot = readonly [boot: number, sequence: StoredSequence, clock: StoredClock | null];

/** Where a reading belongs among the readings of its device. */
export interface PlacedReading {
  readonly arrival: ArrivalOrder;
  /** When the reading was taken, by the monotonic clock. */
  readonly measuredAt: number;
  /** Whether `measuredAt` is certain. If not, the reading may have waited at a broker and be older. */
  readonly isTimeCertain: boolean;
}

/**
 * The last two boots of a device. After a restart of the server or the broker, readings of both boots may be delivered
 * again. The `Boots` object itself represents the latest boot, which saves memory, because most devices have only one
 * boot.
 */
export class Boots extends Boot {
  #previousBoot: Boot | undefined;

  /**
   * Determines the order and the time of a reading, and records its sequence number.
   * @param live whether the reading cannot have waited at a broker
   */
  place(boot: number, seq: number, reading: Telemetry, now: number, live: boolean): PlacedReading {
    if (this.boot === boot) return placeIn(this, addNumber(this, seq), reading, now, live);
    if (this.#previousBoot?.boot === boot) {
      const arrival = addNumber(this.#previousBoot, seq);
      // Even the newest reading of an earlier boot is late, because the latest boot has already sent readings.
      return placeIn(this.#previousBoot, arrival === "newest" ? "late" : arrival, reading, now, live);
    }
    if (!Number.isNaN(this.boot)) this.#previousBoot = this.copy();
    this.boot = boot;
    this.currentMin = NaN;
    this.isClockCertain = false;
    startSequence(this, seq);
    return placeIn(this, "newest", reading, now, live);
  }

  store(): StoredBoot[] {
    if (Number.isNaN(this.boot)) return [];
    return this.#previousBoot ? [storedBoot(this), storedBoot(this.#previousBoot)] : [storedBoot(this)];
  }

  /** Restores the stored boots of a device. */
  restore([latest, before]: readonly StoredBoot[]): void {
    if (latest) restoreBoot(this, latest);
    if (before) restoreBoot((this.#previousBoot = new Boot()), before);
  }
}

/** Converts the times of a stored boot to another clock. @param convert converts one time */
export function convertBoot([boot, sequence, started]: StoredBoot, convert: (time: number) => number): StoredBoot {
  if (!started) return [boot, sequence, null];
  const [latest, before, since] = started;
  return [boot, sequence, [convert(latest), convert(before), convert(since)]];
}

function storedBoot(from: Boot): StoredBoot {
  const { boot, isClockCertain, currentMin, previousMin, periodStart } = from;
  return [
    boot,
    storedSequence(from),
    isClockCertain && !Number.isNaN(currentMin) ? [currentMin, previousMin, periodStart] : null,
  ];
}

function restoreBoot(into: Boot, [boot, sequence, clock]: StoredBoot): void {
  into.boot = boot;
  restoreSequence(into, sequence);
  [into.currentMin, into.previousMin, into.periodStart] = clock ?? [NaN, NaN, NaN];
  into.isClockCertain = clock !== null;
  into.unconfirm();
}

function placeIn(
  boot: Boot,
  arrival: ArrivalOrder,
  { at, age = 0 }: Telemetry,
  now: number,
  live: boolean,
): PlacedReading {
  if (at === undefined) return { arrival, measuredAt: now - age, isTimeCertain: live };
  const measuredAt = timeOf(boot, now, at, age);
  if (live && boot.unconfirmed) {
    boot.isClockCertain = true;
    confirmClock(boot, now);
  }
  boot.isClockCertain ||= live;
  return { arrival, measuredAt, isTimeCertain: boot.isClockCertain };
}
