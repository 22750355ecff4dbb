import type { Telemetry } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Point } from "../history/recent.js";

/** Durable memory of the readings that each device has delivered. A reading is acknowledged when it is in the journal. */
export interface ReadingsJournal {
  /**
   * Stores a reading. Resolves when that is done.
   * @param now when the reading arrived @param live whether it cannot have waited at a broker
   */
  add(device: Device, reading: Telemetry, now: number, live: boolean, point: Point): Promise<void>;
  /** Stores a device whose state has changed; undefined if the journal holds readings only. */
  storeDevice?(device: Device): void;
  /** Resolves when everything that was added so far is stored. */
  readonly stored: Promise<void>;
  /** Whether so many readings wait to be stored that no further one may be added. */
  readonly isFull: boolean;
  /** Deletes everything about a device. */
  forget(device: Device): Promise<void>;
  /** Resolves when everything is stored. */
  close(): Promise<void>;
}
