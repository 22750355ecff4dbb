import type { Telemetry } from "../../contract/index.js";
import { Clock, type StoredClock } from "./clock.js";
import { Sequence, type Arrival, type StoredSequence } from "./duplicates.js";

/** One run of a board's firmware. */
interface Boot {
  readonly boot: number;
  readonly sequence: Sequence;
  clock: Clock | undefined;
  /** Whether the clock goes by a reading that did not wait anywhere. */
  sure: boolean;
}

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
export class Boots {
  #latest: Boot | undefined;
  #before: Boot | undefined;

  /** Numbers of the latest boot that have not come. */
  get holes(): number {
    return this.#latest?.sequence.holes ?? 0;
  }

  /** The place of a reading, which is remembered. @param live whether it cannot have waited at a broker */
  place(boot: number, seq: number, reading: Telemetry, now: number, live: boolean): Placed {
    if (this.#before?.boot === boot) {
      const placed = placeIn(this.#before, seq, reading, now, live);
      // the past, however new it is there
      return placed.arrival === "newest" ? { ...placed, arrival: "late" } : placed;
    }
    if (this.#latest?.boot === boot) return placeIn(this.#latest, seq, reading, now, live);
    this.#before = this.#latest;
    this.#latest = { boot, sequence: Sequence.from(seq), clock: undefined, sure: false };
    return { ...timeIn(this.#latest, reading, now, live), arrival: "newest" };
  }

  store(): StoredBoot[] {
    return [this.#latest, this.#before]
      .filter((boot) => boot !== undefined)
      .map(({ boot, sequence, clock, sure }) => [boot, sequence.store(), (sure && clock?.store()) || null]);
  }

  static restore(stored: readonly StoredBoot[]): Boots {
    const boots = new Boots();
    [boots.#latest, boots.#before] = stored.map(([boot, sequence, clock]) => ({
      boot,
      sequence: Sequence.restore(sequence),
      clock: clock ? Clock.restore(clock) : undefined,
      sure: clock !== null,
    }));
    return boots;
  }
}

function placeIn(boot: Boot, seq: number, reading: Telemetry, now: number, live: boolean): Placed {
  const arrival = boot.sequence.take(seq);
  return { ...timeIn(boot, reading, now, live), arrival };
}

function timeIn(boot: Boot, { at, age = 0 }: Telemetry, now: number, live: boolean): Omit<Placed, "arrival"> {
  if (at === undefined) return { taken: now - age, sure: live };
  boot.sure ||= live;
  boot.clock ??= Clock.from(now, at, age);
  return { taken: boot.clock.taken(now, at, age), sure: boot.sure };
}
