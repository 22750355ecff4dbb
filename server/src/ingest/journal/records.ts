import type { Telemetry } from "../../../../contract/index.js";
import type { StoredBoot } from "../../devices/boots.js";
import type { Point } from "../../history/recent.js";

/**
 * The record format of the journal. Records consist of 64-bit floating-point words, because nearly everything is a number.
 * A batch is one frame of the append log (`storage/log-format.ts`). The first word of a record contains the kind of the record
 * and the number of the device. Times are in ms since 1970.
 *
 * | record | words after the first one |
 * | --- | --- |
 * | name | length of the device id in bytes; the id in UTF-8, padded to whole words. Assigns a number to the device. |
 * | reading | `boot`, `seq`, `at`, `age`; arrival time; time and light of the plotted point. NaN means missing. |
 * | snapshot | number of words that follow; number of boots; the boots; the points |
 * | forget | none. Deletes all data of the device. |
 *
 * A boot in a snapshot has `boot`, the first and the highest `seq`, the number of gaps, the three times of `StoredClock`,
 * and 1 if a bitmap of arrived numbers (`GAP_BITS_WORDS`) follows, otherwise 0. A point has a time, a light level and a lamp code.
 */
export const RECORD_KIND = { name: 0, reading: 8, snapshot: 16, forget: 24 } as const;

/** The first word of a record is the device number times this factor, plus the kind of the record and flags. */
export const DEVICE_NUMBER_FACTOR = 32;

/** Flag in the first word of a reading: the reading arrived live, so that no broker can have queued it. */
export const LIVE_FLAG = 4;

/** Lamp states by the code in the first word of a reading. */
export const LAMP_BY_CODE = [null, false, true] as const;

/** Number of 64-bit words of the bitmap that marks which of a boot's latest sequence numbers have arrived. */
export const GAP_BITS_WORDS = 16;

export const lampCodeOf = (led_on: boolean | null): number => (led_on === null ? 0 : led_on ? 2 : 1);

/** Receives the records of a segment in order. */
export interface RecordHandler {
  reading(id: string, reading: Telemetry, now: number, live: boolean, point: Point): void;
  /** Called with a snapshot, which replaces all earlier records of the device. */
  snapshot(id: string, boots: readonly StoredBoot[], points: readonly Point[]): void;
  forget(id: string): void;
}
