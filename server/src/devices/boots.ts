import type { Telemetry } from "../../../contract/index.js";
import { Boot } from "./boot.js";
import { confirmClock, estimateTime, type StoredClock } from "./board-clock.js";
import {
  startSequence,
  restoreSequence,
  toStoredSequence,
  addSequenceNumber,
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
  /** Whether `measuredAt` is certain. If not, the reading may have waited at a broker, and may be older. */
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
  placeReading(boot: number, seq: number, reading: Telemetry, now: number, live: boolean): PlacedReading {
    if (this.bootNumber === boot) return placeInBoot(this, addSequenceNumber(this, seq), reading, now, live);
    if (this.#previousBoot?.bootNumber === boot) {
      const arrival = addSequenceNumber(this.#previousBoot, seq);
      // Even the newest reading of an earlier boot is late, because the latest boot has already sent readings.
      return placeInBoot(this.#previousBoot, arrival === "newest" ? "late" : arrival, reading, now, live);
    }
    if (!Number.isNaN(this.bootNumber)) this.#previousBoot = this.copy();
    this.bootNumber = boot;
    this.currentMin = NaN;
    this.isClockCertain = false;
    startSequence(this, seq);
    return placeInBoot(this, "newest", reading, now, live);
  }

  toStoredBoots(): StoredBoot[] {
    if (Number.isNaN(this.bootNumber)) return [];
    return this.#previousBoot ? [toStoredBoot(this), toStoredBoot(this.#previousBoot)] : [toStoredBoot(this)];
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

function toStoredBoot(from: Boot): StoredBoot {
  const { bootNumber: boot, isClockCertain, currentMin, previousMin, periodStart } = from;
  return [
    boot,
    toStoredSequence(from),
    isClockCertain && !Number.isNaN(currentMin) ? [currentMin, previousMin, periodStart] : null,
  ];
}

function restoreBoot(into: Boot, [boot, sequence, clock]: StoredBoot): void {
  into.bootNumber = boot;
  restoreSequence(into, sequence);
  [into.currentMin, into.previousMin, into.periodStart] = clock ?? [NaN, NaN, NaN];
  into.isClockCertain = clock !== null;
  into.markUnconfirmed();
}

function placeInBoot(
  boot: Boot,
  arrival: ArrivalOrder,
  { at, age = 0 }: Telemetry,
  now: number,
  live: boolean,
): PlacedReading {
  if (at === undefined) return { arrival, measuredAt: now - age, isTimeCertain: live };
  const measuredAt = estimateTime(boot, now, at, age);
  if (live && boot.isUnconfirmed) {
    boot.isClockCertain = true;
    confirmClock(boot, now);
  }
  boot.isClockCertain ||= live;
  return { arrival, measuredAt, isTimeCertain: boot.isClockCertain };
}
