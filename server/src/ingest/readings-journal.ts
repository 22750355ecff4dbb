import type { Telemetry } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Point } from "../history/recent.js";

/** Durable memory of the readings that each device has delivered. A reading is acknowledged when it is in the journal. */
export interface ReadingsJournal {
  /**
   * Stores a reading. Resolves when the reading is stored.
   * @param now arrival time of the reading, in ms by the monotonic clock
   * @param live false if a broker may have queued the reading
   */
  add(device: Device, reading: Telemetry, now: number, live: boolean, point: Point): Promise<void>;
  /** Stores a device whose state has changed. A journal that stores only readings does not have this method. */
  storeDevice?(device: Device): void;
  /** Resolves when everything that was added so far is stored. */
  readonly whenStored: Promise<void>;
  /** Whether the maximum number of readings is waiting to be stored. If true, do not call `add`. */
  readonly isFull: boolean;
  /** Deletes all data of a device. Resolves when the deletion is stored. */
  forget(device: Device): Promise<void>;
  /** Closes the journal. Resolves when all pending writes are complete. */
  close(): Promise<void>;
}
