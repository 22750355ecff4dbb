import type { Telemetry } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { StorageClock } from "../time/storage-clock.js";
import type { Point } from "../history/recent.js";
import type { Zone } from "../decisions/zones/zone.js";

/** Remembers which readings each device has delivered. */
export interface ReadingsJournal {
  /** Stores a reading that the device has just delivered, for which see `Receivers.read`; fulfilled when that is done. */
  add(device: Device, reading: Telemetry, now: number, live: boolean, point: Point): Promise<void>;
  /** Something else of the device has changed. */
  touch?(device: Device): void;
  /** Fulfilled when all that was added so far is stored. */
  readonly stored: Promise<void>;
  /** Drops all that is known of a device. */
  forget(device: Device): Promise<void>;
  /** Returns when all is stored. */
  close(): Promise<void>;
}

/** The part that this server has among several. */
export interface Share {
  readonly journal: ReadingsJournal;
  /** The clock by which servers date what they store for each other. */
  readonly clock: StorageClock;
  /** Whether this server decides about a device or a zone, by its id. */
  owns(id: string): boolean;
  /** Whether it may command at this moment; otherwise another one does. */
  valid(): boolean;
  /** A zone was switched. */
  switched(zone: Zone): void;
  /** A device of another server's is this one's from now on. */
  taken(device: Device): void;
  /** A device is another server's from now on. */
  released(id: string): void;
}
