import type { Telemetry } from "../../../../contract/index.js";
import type { StoredBoot } from "../../devices/boots.js";
import type { Point } from "../../history/recent.js";

/**
 * How the journal is written: in doubles, because nearly all of it is numbers, and nothing is cheaper to write. A batch is a
 * frame of the log (`storage/log-format.ts`) with records; each begins with a device's number and what it is, in one word.
 *
 * Times are in ms since 1970, by the wall clock of the time of writing.
 *
 * | record | words after the first |
 * | --- | --- |
 * | name | length of the id in bytes, id in UTF-8 filled up to whole words: from here on the number means this device |
 * | reading | boot, seq, at, age, when it arrived; time and light of the plot's point. NaN is not there |
 * | state | words that follow, boots; for each boot its numbers and, if it has gaps, their bits; then points |
 * | forget | none |
 */
export const KIND = { name: 0, reading: 8, state: 16, forget: 24 } as const;

/** In the first word: below this what it is, above it the device's number. */
export const NUMBER = 32;

/** In the first word of a reading. */
export const LIVE = 4;

/** The lamp after a reading, by its number there. */
export const LAMPS = [null, false, true] as const;

/** The words of a boot's gaps. */
export const BITS = 16;

export const lampOf = (led_on: boolean | null): number => (led_on === null ? 0 : led_on ? 2 : 1);

/** Who is told what a segment has, in order. */
export interface Reader {
  reading(id: string, reading: Telemetry, now: number, live: boolean, point: Point): void;
  /** What the device's readings so far amount to: nothing before it counts. */
  state(id: string, boots: readonly StoredBoot[], points: readonly Point[]): void;
  forget(id: string): void;
}
